"""Which names an expression may use where it stands."""

import json
from pathlib import Path

import pytest

from actions_compat.availability import AVAILABLE, Available
from actions_compat.expressions import UNLIMITED, ExpressionSyntaxError, UnknownNameError
from actions_compat.templates import Template

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "reference" / "schema"


def check(place: str, text: str) -> None:
    AVAILABLE[place].check(Template.parse(text).expressions)


def test_what_is_available_passes() -> None:
    check("jobs.<id>.steps.run", "${{ Secrets.X }} ${{ hashFiles('a') }}")
    check("jobs.<id>.if", "${{ success('build') && needs.build.result }}")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("jobs.<id>.steps.if", "${{ secrets.X }}"),
        ("jobs.<id>.if", "${{ matrix.os }}"),
        ("jobs.<id>.runs-on", "${{ env.X }}"),
        ("jobs.<id>.steps.run", "${{ always() }}"),
        ("action.runs.steps.run", "a ${{ 1 }} ${{ vars.X }}"),
    ],
)
def test_what_is_not_is_an_error(place: str, text: str) -> None:
    with pytest.raises(UnknownNameError):
        check(place, text)


def test_a_wrong_count_of_arguments_is_an_error() -> None:
    with pytest.raises(ExpressionSyntaxError, match="Too many parameters"):
        check("jobs.<id>.steps.if", "${{ success('build') }}")


# our place → GitHub's file and definition of it
DEFINITIONS = {
    "run-name": ("workflow", "run-name"),
    "concurrency": ("workflow", "workflow-concurrency"),
    "env": ("workflow", "workflow-env"),
    "on.workflow_call.inputs.<id>.default": ("workflow", "workflow-call-input-default"),
    "on.workflow_call.outputs.<id>.value": ("workflow", "workflow-output-context"),
    "jobs.<id>.if": ("workflow", "job-if"),
    "jobs.<id>.strategy": ("workflow", "strategy"),
    "jobs.<id>.name": ("workflow", "string-strategy-context"),
    "jobs.<id>.runs-on": ("workflow", "runs-on"),
    "jobs.<id>.timeout-minutes": ("workflow", "number-strategy-context"),
    "jobs.<id>.cancel-timeout-minutes": ("workflow", "number-strategy-context"),
    "jobs.<id>.continue-on-error": ("workflow", "boolean-strategy-context"),
    "jobs.<id>.concurrency": ("workflow", "job-concurrency"),
    "jobs.<id>.environment": ("workflow", "job-environment"),
    "jobs.<id>.environment.url": ("workflow", "string-runner-context-no-secrets"),
    "jobs.<id>.snapshot.if": ("workflow", "snapshot-if"),
    "jobs.<id>.env": ("workflow", "job-env"),
    "jobs.<id>.outputs.<id>": ("workflow", "string-runner-context"),
    "jobs.<id>.defaults.run": ("workflow", "job-defaults-run"),
    "jobs.<id>.with.<id>": ("workflow", "scalar-needs-context"),
    "jobs.<id>.secrets.<id>": ("workflow", "scalar-needs-context-with-secrets"),
    "jobs.<id>.container": ("workflow", "container"),
    "jobs.<id>.container.credentials": ("workflow", "container-registry-credentials"),
    "jobs.<id>.container.env.<id>": ("workflow", "string-runner-context"),
    "jobs.<id>.services": ("workflow", "services"),
    "jobs.<id>.services.<id>.credentials": ("workflow", "container-registry-credentials"),
    "jobs.<id>.services.<id>.env.<id>": ("workflow", "string-runner-context"),
    "jobs.<id>.steps.if": ("workflow", "step-if"),
    "jobs.<id>.steps.run": ("workflow", "string-steps-context"),
    "jobs.<id>.steps.name": ("workflow", "step-name"),
    "jobs.<id>.steps.env": ("workflow", "step-env"),
    "jobs.<id>.steps.with": ("workflow", "step-with"),
    "jobs.<id>.steps.working-directory": ("workflow", "string-steps-context"),
    "jobs.<id>.steps.timeout-minutes": ("workflow", "step-timeout-minutes"),
    "jobs.<id>.steps.continue-on-error": ("workflow", "step-continue-on-error"),
    "action.inputs.<id>.default": ("action", "input-default-context"),
    "action.outputs.<id>.value": ("action", "output-value"),
    "action.runs.args": ("action", "container-runs-context"),
    "action.runs.env": ("action", "container-runs-env"),
    "action.runs.pre-if": ("action", "runs-if"),
    "action.runs.post-if": ("action", "runs-if"),
    "action.runs.steps.if": ("action", "step-if"),
    "action.runs.steps.run": ("action", "string-steps-context"),
    "action.runs.steps.name": ("action", "string-steps-context"),
    "action.runs.steps.env": ("action", "step-env"),
    "action.runs.steps.with": ("action", "step-with"),
    "action.runs.steps.working-directory": ("action", "string-steps-context"),
    "action.runs.steps.continue-on-error": ("action", "boolean-steps-context"),
}


def read(words: list[str]) -> Available:
    """Read GitHub's form: contexts, and functions as `name(fewest,most)`."""
    functions = {}
    for word in words:
        name, bracket, counts = word.rstrip(")").partition("(")
        if bracket:
            fewest, most = counts.split(",")
            functions[name.lower()] = (int(fewest), UNLIMITED if most == "MAX" else int(most))
    return Available(frozenset(word for word in words if "(" not in word), functions)


def test_every_place_is_compared() -> None:
    assert DEFINITIONS.keys() == AVAILABLE.keys()


@pytest.mark.skipif(
    not SCHEMAS.exists(), reason="the schemas are not beside the project: ../shared/reference"
)
@pytest.mark.parametrize("place", AVAILABLE)
def test_the_table_is_githubs(place: str) -> None:
    kind, definition = DEFINITIONS[place]
    schema = json.loads((SCHEMAS / f"{kind}-v1.0.json").read_text())
    assert AVAILABLE[place] == read(schema["definitions"][definition]["context"])
