"""`get:` and `put:` in a workflow: their keys, the resources that they name, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from actions_compat.frozen import frozen
from actions_compat.nodes import Mapping, Position, Scalar, Sequence, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Mapping as KeyMapping

    from actions_compat.nodes import Node
    from actions_compat.workflow import Step, Workflow
    from sqnc_resources.emulator.configuration import Configuration, Resource

Kind: TypeAlias = Literal["get", "put"]

WORKFLOW_KEYS: Final[KeyMapping[str, str | Collection[str]]] = {
    "resources": ("sequence", "scalar"),  # an empty section is a null
    "resource_types": ("sequence", "scalar"),
}
STEP_KEYS: Final[KeyMapping[str, str | Collection[str]]] = {
    "get": "scalar",
    "put": "scalar",
    "resource": "scalar",
    "params": ("mapping", "scalar"),
    "get_params": ("mapping", "scalar"),
    "version": ("mapping", "scalar"),
    "inputs": ("sequence", "scalar"),
    "no_get": "scalar",
    "trigger": "scalar",
    "passed": "sequence",
    "tags": "sequence",
}
_ONLY_PUT: Final = ("inputs", "get_params", "no_get")
_ONLY_GET: Final = ("version", "trigger", "passed")
_REFUSED: Final = {
    "passed": "order the jobs with `needs`: all jobs of a run see the same version",
    "tags": "say with `runs-on` where the job runs",
}
_OWN_WORK: Final = ("run", "uses", "image", "entrypoint", "cmd")


@frozen
class DeclaredStep:
    """A step that gets or puts. *name* is the folder of the workspace; *resource* the entry of `resources`.

    *version* None is the newest, or the one the resource is pinned to; *inputs* None is what `params` name.
    """

    kind: Kind
    position: Position
    name: str
    resource: str
    params: Node | None = None
    get_params: Node | None = None
    version: Mapping | None = None
    inputs: Node | None = None
    has_get: bool = True


def declared_step(step: Step) -> DeclaredStep | None:
    """Return what the step gets or puts; None if it does neither. The step is one without mistakes."""
    kind: Kind | None = "get" if "get" in step.extra else "put" if "put" in step.extra else None
    if kind is None:
        return None
    extra = step.extra
    name = _text(extra[kind])
    version = extra.get("version")
    return DeclaredStep(
        kind,
        extra[kind].position,
        name,
        _text(extra["resource"]) if "resource" in extra else name,
        extra.get("params"),
        extra.get("get_params"),
        version if isinstance(version, Mapping) else None,
        extra.get("inputs"),
        has_get=not ("no_get" in extra and getattr(extra["no_get"], "value", False)),
    )


def is_file(kind: str) -> bool:
    """Whether a resource's type is a file of the workspace: `types/mine.py`, or `types/mine.py:Class`."""
    return kind.partition(":")[0].endswith(".py")


def has_resources(workflow: Workflow) -> bool:
    """Whether anything in the file is about resources."""
    return bool(workflow.extra.keys() & WORKFLOW_KEYS.keys()) or any(
        step.extra.keys() & STEP_KEYS.keys() for job in workflow.jobs.values() for step in job.steps
    )


def read_resources(workflow: Workflow) -> Configuration:
    """Return the resources and resource types of a workflow; raise WorkflowError.

    Their vars are not put in yet: a run does that before each step, together with its expressions.
    """
    from sqnc_resources.emulator.configuration import configuration  # noqa: PLC0415  (few workflows have them)

    return configuration(workflow.extra, workflow.file)


def resource_mistakes(workflow: Workflow) -> Iterator[WorkflowError]:
    """Yield what is wrong with the resources of a workflow, and with the steps that get and put them."""
    if not has_resources(workflow):
        return
    try:
        found = read_resources(workflow)
    except WorkflowError as error:
        yield error
        return
    yield from _unknown_types(found)
    yield from _source_mistakes(found)
    for job in workflow.jobs.values():
        for step in job.steps:
            yield from _step_mistakes(step, found)


def _unknown_types(found: Configuration) -> Iterator[WorkflowError]:
    from sqnc.resources.kinds import IMAGE_TYPES  # noqa: PLC0415  (as above)
    from sqncshim.json_reader import near  # noqa: PLC0415  (as above)
    from sqncshim.plugins import resource_type  # noqa: PLC0415  (as above)
    from sqncshim.tables import RESOURCE_TYPES  # noqa: PLC0415  (as above)

    for kind in found.types.values():
        if kind.type not in IMAGE_TYPES:
            message = f"{kind.name}: a resource type made by {kind.type!r} is not supported in a workflow"
            hint = f"its `type` has to be {' or '.join(IMAGE_TYPES)}"
            yield WorkflowError(kind.node.position, message, hint=hint)
    for resource in found.resources.values():
        known = resource.type in found.types or resource.type in RESOURCE_TYPES or is_file(resource.type)
        if not known and resource_type(resource.type) is None:
            hint = near(resource.type, {**found.types, **RESOURCE_TYPES})
            yield WorkflowError(
                resource.node.position,
                f"{resource.name}: there is no resource type {resource.type!r}",
                hint=f"{hint} Or give its image in `resource_types`",
            )


def _source_mistakes(found: Configuration) -> Iterator[WorkflowError]:
    from sqnc.resource_keys import built_in_type, source_mistakes  # noqa: PLC0415  (as above)

    for resource in found.resources.values():
        if kind := built_in_type(resource, found):
            yield from source_mistakes(resource, kind)


def _step_mistakes(step: Step, found: Configuration) -> Iterator[WorkflowError]:
    extra = step.extra
    given = extra.keys() & STEP_KEYS.keys()
    kinds = [kind for kind in ("get", "put") if kind in given]
    if not kinds:
        for key in sorted(given):
            yield WorkflowError(extra[key].position, f"`{key}` does not go without `get` or `put`")
        return
    kind, place = kinds[0], extra[kinds[0]].position
    others = [*kinds[1:], *(key for key in _OWN_WORK if _does(step, key))]
    if others:
        hint = "a step does one thing: make two steps of it"
        yield WorkflowError(place, f"`{kind}` does not go with `{others[0]}`", hint=hint)
    for key in _ONLY_PUT if kind == "get" else _ONLY_GET:
        if key in given:
            other = "put" if kind == "get" else "get"
            yield WorkflowError(
                extra[key].position, f"`{key}` does not go with `{kind}`", hint=f"`{other}` has it"
            )
            given = given - {key}
    for key in _REFUSED.keys() & given:
        yield WorkflowError(extra[key].position, f"`{key}` has no meaning here", hint=_REFUSED[key])
    yield from _value_mistakes(step, kind, found)


def _value_mistakes(step: Step, kind: str, found: Configuration) -> Iterator[WorkflowError]:
    extra = step.extra
    name = _text(extra[kind])
    if name in {"", ".", ".."} or "/" in name:
        hint = "it names a folder at the top of the workspace"
        yield WorkflowError(extra[kind].position, f"{kind}: {name!r} is no name", hint=hint)
        return
    resource = extra.get("resource", extra[kind])
    try:
        yield from _param_mistakes(step, kind, found.resource(_text(resource)), found)
    except WorkflowError as error:
        yield WorkflowError(resource.position, error.message, hint=error.hint)
    for key in ("params", "get_params"):
        node = extra.get(key)
        if isinstance(node, Scalar) and node.value is not None and not node.has_expression:
            yield WorkflowError(node.position, f"{key}: expected a mapping")
    version = extra.get("version")
    if isinstance(version, Scalar) and version.value != "latest":
        hint = "a mapping of strings, or latest, which may be left out"
        yield WorkflowError(version.position, f"version: {version.text!r} is not supported", hint=hint)
    no_get = extra.get("no_get")
    if isinstance(no_get, Scalar) and not isinstance(no_get.value, bool):
        yield WorkflowError(no_get.position, f"no_get: {no_get.text!r}: expected true or false")
    yield from _input_mistakes(extra.get("inputs"))


def _param_mistakes(
    step: Step, kind: str, resource: Resource, found: Configuration
) -> Iterator[WorkflowError]:
    from sqnc.resource_keys import built_in_type, unknown_keys  # noqa: PLC0415  (as above)

    if known := built_in_type(resource, found):
        params = known.GetParams if kind == "get" else known.PutParams
        yield from unknown_keys(step.extra.get("params"), params, "params")
        if kind == "put":
            yield from unknown_keys(step.extra.get("get_params"), known.GetParams, "get_params")


def _input_mistakes(node: Node | None) -> Iterator[WorkflowError]:
    hint = "`detect`, `all`, or a list of names"
    if isinstance(node, Scalar) and node.value not in {"detect", "all"}:
        yield WorkflowError(node.position, f"inputs: {node.text!r} is not one of its words", hint=hint)
    for item in node.items if isinstance(node, Sequence) else ():
        if not isinstance(item, Scalar):
            yield WorkflowError(item.position, "inputs: expected a name", hint=hint)


def _does(step: Step, key: str) -> bool:
    return key in step.extra or bool(getattr(step, key, None))


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) and node.value is not None else ""
