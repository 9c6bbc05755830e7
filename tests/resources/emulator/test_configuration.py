"""Files shaped as pipelines: what is read, what is refused, and where."""

from __future__ import annotations

from typing import ClassVar

import pytest

from actions_compat.nodes import WorkflowError
from actions_compat.yaml_tree import read_yaml
from sqnc_resources.emulator.configuration import Configuration, configuration, read_configuration
from sqnc_resources.emulator.go_json import decode_first, encode
from sqnc_resources.emulator.vars import Variables, expand
from sqnc_resources.emulator.yaml_values import read_var, read_vars_file

PIPELINE = """\
x-common: &common
  uri: https://example.com/repo.git
  depth: 1

resource_types:
- name: ours
  type: registry-image
  source: {repository: example/ours, tag: 1.5}
  params: {format: oci}
  defaults: {uri: fallback, insecure: yes}
  privileged: true

resources:
- name: repo
  type: git
  icon: git
  check_every: 1h
  check_timeout: 90s
  webhook_token: x
  source:
    <<: *common
    depth: 2
- name: mine
  type: ours
  source: {branch: main}
  version: {ref: "1"}
- name: bare
  type: ours
- {name: nothing, type: time}

jobs:
- name: anything
  plan: [{get: repo}]
"""


def read(text: str = PIPELINE, *layers: dict[str, object]) -> Configuration:
    return read_configuration(text, "pipeline.yml", Variables(layers))


def test_a_pipeline_is_read_and_its_jobs_are_dropped() -> None:
    found = read()
    assert list(found.resources) == ["repo", "mine", "bare", "nothing"]
    assert found.resources["repo"].type == "git"
    assert found.resources["repo"].check_timeout_s == 90
    assert found.resources["mine"].version == {"ref": "1"}
    ours = found.types["ours"]
    assert (ours.type, ours.privileged) == ("registry-image", True)
    assert found.params(ours) == {"format": "oci"}
    assert found.source(ours) == {"repository": "example/ours", "tag": 1.5}


def test_a_resource_by_its_name() -> None:
    assert read().resource("repo").name == "repo"
    with pytest.raises(
        WorkflowError, match=r"^pipeline.yml: there is no resource 'rep' \(did you mean `repo`\?\)$"
    ):
        read().resource("rep")
    with pytest.raises(WorkflowError, match="the file has no `resources`"):
        read("jobs: []").resource("rep")


class TestSource:
    def test_merged_maps(self) -> None:
        found = read()
        assert found.source(found.resource("repo")) == {"uri": "https://example.com/repo.git", "depth": 2}

    def test_defaults_lie_under_the_source(self) -> None:
        found = read()
        assert found.source(found.resource("mine")) == {"uri": "fallback", "insecure": True, "branch": "main"}
        assert found.source(found.resource("bare")) == {"uri": "fallback", "insecure": True}

    def test_defaults_are_merged_flat(self) -> None:
        text = (
            "resource_types: [{name: t, type: registry-image, source: {}, defaults: {a: {x: 1}, b: 1}}]\n"
            "resources: [{name: r, type: t, source: {a: {z: 2}}}]"
        )
        assert read(text).source(read(text).resource("r")) == {"a": {"z": 2}, "b": 1}

    @pytest.mark.parametrize(
        ("source", "expected"), [("", None), ("source: null", None), ("source: {}", {}), ("source: ", None)]
    )
    def test_none_is_null(self, source: str, expected: object) -> None:
        text = f"resources:\n- name: r\n  type: time\n  {source}\n"
        assert read(text).source(read(text).resource("r")) == expected

    def test_a_type_may_have_the_name_of_the_one_it_is_made_with(self) -> None:
        text = "resource_types: [{name: git, type: git, source: {a: 1}, defaults: {b: 2}}]"
        assert read(text).source(read(text).types["git"]) == {"a": 1}

    def test_scalars_are_those_of_concourse(self) -> None:
        text = "resources: [{name: r, type: t, source: {start: 19:00, on: yes, mode: 0644, day: 2024-01-01}}]"
        found = read(text)
        assert found.source(found.resource("r")) == {
            "start": "19:00",
            "true": True,
            "mode": 420,
            "day": "2024-01-01",
        }

    def test_quoted_ones_are_texts(self) -> None:
        text = "resources: [{name: r, type: t, source: {a: 'yes', b: \"1\", 'on': ''}}]"
        found = read(text)
        assert found.source(found.resource("r")) == {"a": "yes", "b": "1", "on": ""}

    @pytest.mark.parametrize("number", [2**53 + 1, 2**200, -(2**53) - 1])
    def test_large_numbers_keep_their_digits(self, number: int) -> None:
        source = f"{{id: {number}, deep: [{{{number}: {number}}}], var: ((v)), text: x((v))}}"
        text = f"resources: [{{name: r, type: t, source: {source}}}]"
        expected = {
            "id": number,
            "deep": [{str(number): number}],
            "var": {"a": number},
            "text": f"x{number}",
        }
        with_var = read(text.replace("x((v))", "x((v.a))"), {"v": read_var(f"{{a: {number}}}", "v")})
        assert with_var.source(with_var.resource("r")) == expected
        assert decode_first(encode(expected)) == expected

    @pytest.mark.parametrize("text", [f"{2**53 + 1}", f"{-(2**53) - 1}", f"{2**200}", f"{2**200:#x}"])
    def test_those_of_a_workflow_do_too(self, text: str) -> None:
        number = int(text, 0)
        tree = read_yaml(
            f"[{{name: r, type: t, source: {{id: {text}, {text}: [{text}, 1.5]}}}}]", file="w.yml"
        )
        assert tree is not None
        found = configuration({"resources": tree}, "w.yml")
        assert found.source(found.resource("r")) == {"id": number, str(number): [number, 1.5]}


class TestVars:
    TEXT = """\
resources:
- name: ((name))
  type: git
  source:
    uri: https://((host)):((port))/x
    keys: ((keys))
    ((extra)): 1
- name: other
  type: git
  source:
    uri: x
    password: ((secret.password))
"""
    VALUES: ClassVar[dict[str, object]] = {
        "name": "repo",
        "host": "h",
        "port": 1,
        "keys": ["a", 2],
        "extra": "more",
    }

    def test_they_are_put_in(self) -> None:
        found = read(self.TEXT, self.VALUES)
        assert found.source(found.resource("repo")) == {"uri": "https://h:1/x", "keys": ["a", 2], "more": 1}
        assert found.used == {"repo", "h", "a", "more"}

    def test_one_without_a_value_is_told_where_it_is_needed(self) -> None:
        found = read(self.TEXT, self.VALUES)
        with pytest.raises(WorkflowError) as told:
            found.source(found.resource("other"))
        assert str(told.value) == (
            "pipeline.yml:12:15: other: undefined vars: secret.password (give it with -v, -y or -l)"
        )

    def test_one_that_does_not_fit_is_told_at_its_place(self) -> None:
        with pytest.raises(WorkflowError) as told:
            read(self.TEXT, {**self.VALUES, "port": 1.0})
        assert str(told.value) == (
            "pipeline.yml:5:10: cannot interpolate non-primitive value (float64) from var: port "
            "(quote the number in the vars file)"
        )

    def test_a_value_may_be_the_whole_source(self) -> None:
        found = read("resources: [{name: r, type: t, source: ((s))}]", {"s": {"a": 1}})
        assert found.source(found.resource("r")) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "resources:\n- name: r\n  type: git\n  sorce: {}\n",
            "4:3: resources[0].sorce: unknown key (did you mean `source`?)",
        ),
        (
            "resource_types:\n- name: r\n  type: git\n  icon: x\n",
            "4:3: resource_types[0].icon: unknown key (expected one of",
        ),
        ("resources:\n- type: git\n", "2:3: resources[0]: it has no `name`"),
        ("resources:\n- name: r\n", "2:3: resources[0]: it has no `type`"),
        ("resources:\n- name: r\n  type: [x]\n", "3:9: resources[0].type: expected a string, got a list"),
        (
            "resources:\n- name: r\n  type: t\n  source: x\n",
            "4:11: resources[0].source: expected a mapping, got a string",
        ),
        (
            "resources:\n- name: r\n  type: t\n  version: {ref: 1}\n",
            "4:12: resources[0].version: expected a mapping of strings (quote numbers and dates), got",
        ),
        (
            "resources:\n- name: r\n  type: t\n  check_every: 5\n",
            "4:16: resources[0].check_every: expected a duration, such as 10m, or never, got a number",
        ),
        (
            "resources:\n- name: r\n  type: t\n  check_timeout: soon\n",
            "4:18: resources[0].check_timeout: expected a duration, such as 1h30m, got a string",
        ),
        (
            "resources:\n- {name: r, type: t}\n- {name: r, type: t}\n",
            "3:3: resources[1]: there is a 'r' already",
        ),
        ("resources: {r: x}\n", "1:12: resources: expected a list"),
        ("resources: [x]\n", "1:13: resources[0]: expected a mapping"),
        ("resources:\n- name: r\n  name: s\n  type: t\n", "3:3: 'name' is already defined"),
        ("resources:\n- {<<: [x], name: r, type: t}\n", "2:9: map merge requires map or sequence of maps"),
        ("", "1:1: A mapping was expected (the file is empty)"),
        ("- a\n", "1:1: A mapping was expected"),
        ("a: [\n", "2:1: "),
    ],
)
def test_what_is_wrong_is_told_where_it_is(text: str, message: str) -> None:
    with pytest.raises(WorkflowError) as told:
        read(text)
    assert str(told.value).startswith(f"pipeline.yml:{message}")


def test_of_several_merged_maps_the_first_wins() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2, z: 2}\nresources: [{name: r, type: t, source: {<<: [*a, *b]}}]"
    assert read(text).source(read(text).resource("r")) == {"x": 1, "z": 2}


class TestFilesOfVars:
    def test_numbers_are_floats_as_in_fly(self) -> None:
        found = read_vars_file("a: 1\nb: {c: [2, x, yes]}\n", "vars.yml")
        assert found == {"a": 1.0, "b": {"c": [2.0, "x", True]}}
        assert isinstance(found["a"], float)

    def test_one_that_no_float_can_be_stays_a_text(self) -> None:
        assert read_vars_file(f"a: {10**400}\nb: {2**1023}", "vars.yml") == {
            "a": str(10**400),
            "b": str(2**1023),
        }
        assert read_vars_file(f"a: {2**1023 - 2**970}", "vars.yml") == {"a": float(2**1023 - 2**970)}

    @pytest.mark.parametrize("text", ["", "# nothing\n", "null\n"])
    def test_an_empty_one(self, text: str) -> None:
        assert read_vars_file(text, "vars.yml") == {}

    def test_a_list_is_none(self) -> None:
        with pytest.raises(WorkflowError, match=r"vars.yml:1:1: A mapping was expected"):
            read_vars_file("- a", "vars.yml")

    def test_a_value_of_y(self) -> None:
        assert read_var("{a: [1, 1.5, x]}", "v") == {"a": [1, 1.5, "x"]}
        assert read_var("", "v") is None
        with pytest.raises(WorkflowError, match=r"-y v:2:1: "):
            read_var("{a: b", "-y v")

    def test_a_number_of_y_can_stand_in_a_text_and_one_of_a_file_cannot(self) -> None:
        text = "resources: [{name: 'r((v))', type: t}]"
        assert list(read(text, expand([])).resources) == ["r((v))"]
        assert list(read(text, {"v": read_var("1.50", "v")}).resources) == ["r1.5"]
        with pytest.raises(WorkflowError, match="float64"):
            read(text, read_vars_file("v: 1", "vars.yml"))
