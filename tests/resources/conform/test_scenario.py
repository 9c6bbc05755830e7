"""The scenario's file: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqnc_resources.conform.scenario import Put, Scenario, ScenarioError, Slow
from sqnc_resources.conform.scenario_file import find_beside, make_scenario, read_scenario


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def read(text: str, scratch: Path, **values: object) -> Scenario:
    file = scratch.parent / "conform.yml"
    file.write_text(text)
    return read_scenario(file, scratch, values)


def test_an_empty_file_is_an_empty_scenario(scratch: Path) -> None:
    assert read("", scratch) == Scenario(is_given=True)


def test_all_that_it_may_say(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGIN", "s3cret-password")
    found = read(
        """
        before: echo 1 >made
        source: {uri: "file://((.:folder))/made", password: ((env:LOGIN)), port: ((port)), tag: 1.0}
        env: {NUMBER: 1}
        versions: [{ref: "1"}, {ref: "2"}]
        old_versions: [{sha: "1"}]
        unknown_version: {ref: "9"}
        get: {params: {depth: 1}, varying: ["*.log"], any_version: true}
        put: {params: {file: a/b}, inputs: {a: {b: text}}}
        any_value: [source.payload]
        big_integer: source.port
        secrets: [source.uri]
        slow: {role: in, source: {}, version: {ref: "1"}}
        """,
        scratch,
        port=8080,
    )
    assert (scratch / "made").read_text() == "1\n"
    uri = f"file://{scratch}/made"
    assert found == Scenario(
        source={"uri": uri, "password": "s3cret-password", "port": 8080, "tag": 1.0},
        env={"NUMBER": "1"},
        versions=({"ref": "1"}, {"ref": "2"}),
        old_versions=({"sha": "1"},),
        unknown_version={"ref": "9"},
        gets_every_version=True,
        get_params={"depth": 1},
        varying=("*.log",),
        put=Put({"file": "a/b"}, scratch / "put.inputs"),
        any_value=frozenset({"source.payload"}),
        big_integer="source.port",
        slow=Slow("in", {"source": {}, "version": {"ref": "1"}}),
        secrets=(uri, "s3cret-password"),
        is_given=True,
    )
    assert (scratch / "put.inputs" / "a" / "b").read_text() == "text"


def test_the_same_in_json(scratch: Path) -> None:
    file = scratch / "conform.json"
    file.write_text('{"source": {"size": 9007199254740993}}')
    assert read_scenario(file, scratch).source == {"size": 9007199254740993}


def test_secrets_are_found_deep_in_the_source(scratch: Path) -> None:
    source = {
        "basic": {"password": "p-word-1"},
        "logins": [{"access_token": "t-oken-1", "user": "ann"}],
        "private_key": "k-ey-1",
        "passwd": "abc",
        "tokens": 4,
    }
    found = make_scenario({"source": source}, "x", scratch)
    assert found.secrets == ("p-word-1", "t-oken-1", "k-ey-1")  # one is too short to be looked for


def test_inputs_may_be_a_folder_beside_the_file(scratch: Path) -> None:
    (scratch.parent / "inputs").mkdir()
    found = read("put: {inputs: inputs}", scratch)
    assert found.put == Put({}, scratch.parent / "inputs")


def test_no_put_and_any_version(scratch: Path) -> None:
    found = read("put: false\nunknown_version: false", scratch)
    assert found.put is None
    assert found.every_version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sauce: {}", "sauce: unknown key: did you mean `source`?"),
        ("[]", "expected an object, got a list"),
        ("source: [1]", "source: expected an object, got a list"),
        ("versions: {ref: a}", "versions: expected a list of versions, oldest first, got an object"),
        ("versions: [{ref: 1}]", r"versions\[0\]: expected an object of texts.* quote"),
        ("versions: [{}]", r"versions\[0\]: expected an object of texts"),
        ("get: {parms: {}}", "get.parms: unknown key: did you mean `params`?"),
        ("put: {inputs: nowhere}", "put.inputs: .*nowhere: there is no such folder"),
        ("put: {inputs: {a: 1}}", "put.inputs: a: expected a text or a mapping, got 1"),
        ("put: {inputs: {../a: x}}", "put.inputs: ../a: expected a path that stays in the folder"),
        ("any_value: source.a", "any_value: expected a list of texts, got a string"),
        ("big_integer: size", "big_integer: expected the path of a key, such as source.size, got size"),
        ("slow: {role: get}", "slow.role: expected one of check, in, out, got get"),
        ("before: [a]", "before: expected a text of shell commands, got a list"),
        ("before: echo sorry >&2; exit 3", "before: exit status 3: sorry"),
        ("source: ((it))", "undefined vars: it: give -v NAME=VALUE"),
        ("source: ((env:NOT_THERE_AT_ALL))", "undefined vars: env:NOT_THERE_AT_ALL"),
        ("source: {", "conform.yml:"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(text: str, message: str, scratch: Path) -> None:
    with pytest.raises(ScenarioError, match=message) as raised:
        read(text, scratch)
    assert str(raised.value).startswith(str(scratch.parent / "conform.yml"))


def test_a_file_that_is_not_there_is_told(scratch: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none.yml: No such file or directory"):
        read_scenario(scratch / "none.yml", scratch)


@pytest.mark.parametrize("name", ["conform.yml", "conform.yaml", "conform.json"])
def test_it_lies_beside_the_type(name: str, tmp_path: Path) -> None:
    (tmp_path / "type.py").write_text("")
    assert find_beside(str(tmp_path)) is None
    (tmp_path / name).write_text("{}")
    for place in (tmp_path, tmp_path / "type.py", f"{tmp_path}/type.py:Class"):
        assert find_beside(str(place)) == tmp_path / name
    assert find_beside("git") is None
