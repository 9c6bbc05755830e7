from pathlib import Path

import pytest

from actions_compat.nodes import WorkflowErrors
from actions_compat.workflow import Workflow
from sqnc.resource_steps import declared_step, has_resources
from sqnc.sources import load_job, load_workflow

TOP = """
resource_types:
  - {name: own, type: registry-image, source: {repository: r}}
resources:
  - {name: code, type: git, source: {uri: u}}
  - {name: thing, type: own}
  - {name: mine, type: types/mine.py:Mine}
"""
JOB = """
on: push
jobs:
  a:
    runs-on: x
    steps:
"""


def load(folder: Path, *steps: str, top: str = TOP) -> Workflow:
    path = folder / "w.yml"
    path.write_text(top + JOB + "".join(f"      - {step}\n" for step in steps))
    return load_workflow(str(path))


def errors(folder: Path, *steps: str, top: str = TOP) -> list[str]:
    with pytest.raises(WorkflowErrors) as caught:
        load(folder, *steps, top=top)
    return [str(error).removeprefix(f"{folder}/") for error in caught.value.errors]


def test_gets_and_puts_are_read(tmp_path: Path) -> None:
    workflow = load(
        tmp_path,
        "{get: code, version: latest, trigger: true, params: {depth: 1}}",
        "{get: other, resource: mine, version: {ref: a}, params: null}",
        "{put: thing, inputs: [a], get_params: {x: y}, no_get: true, params: '${{ fromJSON(1) }}'}",
        "{put: thing, inputs: all, no_get: false, resource: code}",
        "run: true",
    )
    steps = [declared_step(step) for step in workflow.jobs["a"].steps]
    assert [(step.kind, step.name, step.resource, step.has_get) for step in steps if step] == [
        ("get", "code", "code", True),
        ("get", "other", "mine", True),
        ("put", "thing", "thing", False),
        ("put", "thing", "code", True),
    ]
    assert [step.version is None for step in steps if step] == [True, False, True, True]
    assert steps[-1] is None
    assert has_resources(workflow)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("get: cod", "14:14: there is no resource 'cod' (did you mean `code`?)"),
        ("{get: a, resource: b}", "14:28: there is no resource 'b' (expected one of code, mine, thing)"),
        (
            "{get: code, put: code}",
            "14:15: `get` does not go with `put` (a step does one thing: make two steps of it)",
        ),
        (
            "{put: code, run: ls}",
            "14:15: `put` does not go with `run` (a step does one thing: make two steps of it)",
        ),
        (
            "{get: code, image: i}",
            "14:15: `get` does not go with `image` (a step does one thing: make two steps of it)",
        ),
        ("{get: code, inputs: all}", "14:29: `inputs` does not go with `get` (`put` has it)"),
        ("{put: code, version: latest}", "14:30: `version` does not go with `put` (`get` has it)"),
        (
            "{get: code, passed: [a]}",
            (
                "14:29: `passed` has no meaning here "
                "(order the jobs with `needs`: all jobs of a run see the same version)"
            ),
        ),
        (
            "{get: code, tags: [a]}",
            "14:27: `tags` has no meaning here (say with `runs-on` where the job runs)",
        ),
        ("{run: ls, params: {a: b}}", "14:27: `params` does not go without `get` or `put`"),
        (
            "{get: a/b, resource: code}",
            "14:15: get: 'a/b' is no name (it names a folder at the top of the workspace)",
        ),
        (
            "{get: .., resource: code}",
            "14:15: get: '..' is no name (it names a folder at the top of the workspace)",
        ),
        ("{get: code, params: text}", "14:29: params: expected a mapping"),
        ("{put: code, get_params: text}", "14:33: get_params: expected a mapping"),
        (
            "{get: code, version: every}",
            (
                "14:30: version: 'every' is not supported "
                "(a mapping of strings, or latest, which may be left out)"
            ),
        ),
        (
            "{put: code, inputs: some}",
            "14:29: inputs: 'some' is not one of its words (`detect`, `all`, or a list of names)",
        ),
        ("{get: code, params: {dpth: 1}}", "14:30: params.dpth: unknown key (did you mean `depth`?)"),
        (
            "{put: code, params: {repository: a, rebse: true}}",
            "14:45: params.rebse: unknown key (did you mean `rebase`?)",
        ),
        (
            "{put: code, get_params: {dpth: 1}}",
            "14:34: get_params.dpth: unknown key (did you mean `depth`?)",
        ),
        ("{put: code, no_get: 'yes'}", "14:29: no_get: 'yes': expected true or false"),
        ("{put: code, no_get: '${{ true }}'}", "14:29: no_get: '${{ true }}': expected true or false"),
        (
            "{put: code, inputs: [[a]]}",
            "14:30: inputs: expected a name (`detect`, `all`, or a list of names)",
        ),
    ],
)
def test_mistakes_in_a_step_are_told_before_anything_runs(tmp_path: Path, step: str, message: str) -> None:
    assert errors(tmp_path, step) == [f"w.yml:{message}"]


@pytest.mark.parametrize(
    ("top", "message"),
    [
        (
            "resources: [{name: a, type: gti}]",
            (
                "1:13: a: there is no resource type 'gti' "
                "(did you mean `git`? Or give its image in `resource_types`)"
            ),
        ),
        ("resources: [{name: a}]", "1:13: resources[0]: it has no `type`"),
        (
            "resources: [{name: a, type: git, sorce: {}}]",
            "1:34: resources[0].sorce: unknown key (did you mean `source`?)",
        ),
        (
            "resources: [{name: a, type: git, source: [1]}]",
            "1:42: resources[0].source: expected a mapping, got a list",
        ),
        (
            "resource_types: [{name: a, type: git}]",
            (
                "1:18: a: a resource type made by 'git' is not supported in a workflow "
                "(its `type` has to be registry-image or docker-image)"
            ),
        ),
        (
            "resources: [{name: a, type: git, source: {uri: u, brnch: b}}]",
            "1:51: a: source.brnch: unknown key (did you mean `branch`?)",
        ),
        ("resources: [{name: a, type: git, source: {branch: b}}]", "1:42: a: source.uri: it is missing"),
        ("resources: [{name: a, type: git}]", "1:13: a: source.uri: it is missing"),
        ("resource_types: [x]", "1:18: resource_types[0]: expected a mapping"),
        ("resources: text", "1:12: resources: expected a list"),
    ],
)
def test_mistakes_in_resources_are_told_too(tmp_path: Path, top: str, message: str) -> None:
    assert errors(tmp_path, "run: ls", top=top) == [f"w.yml:{message}"]


def test_an_empty_section_is_none(tmp_path: Path) -> None:
    load(tmp_path, "run: ls", top="resources:\nresource_types:\n")
    assert errors(tmp_path, "get: a", top="resources:\n") == [
        "w.yml:8:14: there is no resource 'a' (the file has no `resources`)"
    ]


def test_what_a_run_decides_is_no_mistake(tmp_path: Path) -> None:
    tops = (
        "resources: [{name: code, type: git, source: {((key)): x}}]",
        (
            "resource_types: [{name: git, type: registry-image, source: {repository: r}}]\n"
            "resources: [{name: code, type: git, source: {own: x}}]"
        ),
    )
    for top in tops:
        load(tmp_path, "{get: code, params: '${{ fromJSON(1) }}'}", top=top)
    load(tmp_path, "{get: code, params: {own: 1}}", top=tops[-1])


def test_a_job_alone_has_no_resources(tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text("steps: [{get: a}]\n")
    with pytest.raises(WorkflowErrors, match=r"there is no resource 'a' .*the file has no `resources`"):
        load_job(str(tmp_path / "job.yml"))
