"""An action's file as a step document."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, TypeAlias

from actions_compat.action import (
    FILES,
    ActionErrors,
    CompositeRuns,
    DockerRuns,
    NodeRuns,
    PluginRuns,
    dockerfile_action,
    read_action,
)
from actions_compat.nodes import Mapping as MappingNode
from actions_compat.nodes import Scalar, to_text
from actions_compat.uses import DockerUses, LocalUses, RepositoryUses, SelfUses, UsesError, parse_uses
from sqnc_plugins.uses.errors import ActionFileError, ActionRefError
from sqncshim.document import Action, ActionInput, Build, DocumentStep, Metadata, Stage, StepDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.action import Action as ActionFile
    from actions_compat.nodes import Node
    from actions_compat.workflow import Step
    from sqnc_plugins.uses.files import ActionFiles

Steps: TypeAlias = tuple[DocumentStep, ...]

ALWAYS: Final = "always()"
_DOCKER: Final = "docker://"


def parse(uses: str) -> RepositoryUses | LocalUses | DockerUses:
    """Read what `uses` says; raise ActionRefError."""
    try:
        named = parse_uses(uses)
    except UsesError as error:
        general = "name a repository's action as owner/repo[/path]@ref, such as actions/checkout@v4"
        hint = f"{error.hint}; or {general}" if error.hint else general
        raise ActionRefError(f"uses: {uses!r}: {error} ({hint})") from error
    if isinstance(named, DockerUses) and not named.image.strip():
        raise ActionRefError(f"uses: {uses!r}: there is no image in it: name one, such as docker://alpine:3")
    if isinstance(named, SelfUses):
        raise ActionRefError(
            f"uses: {uses!r}: which repository this is, only the file that says so knows: "
            "name it as ./path or owner/repo/path@ref"
        )
    return named


def document(uses: str, files: ActionFiles, *, path: str, version: str = "") -> StepDocument:
    """Return what *uses* means, as steps; nothing is evaluated, and nothing but *files* is read.

    *path* is where the steps see the action's own folder, and begins every path in the document; *version* is
    the commit, '' for unknown. For `docker://image` neither is used. Raise ActionFileError.
    """
    named = parse(uses)
    metadata = (Metadata("action", uses),)
    if isinstance(named, DockerUses):
        return StepDocument(metadata=metadata, steps=(DocumentStep(image=named.image),))
    action = _read(named, uses, files, path)
    return StepDocument(
        version={"ref": version} if version else None,
        metadata=metadata,
        steps=_steps(action, named, path),
        outputs={
            output.id: _raw(output.value) for output in action.outputs.values() if output.value is not None
        },
        action=Action(_using(action), action.name, _inputs(action)),
    )


def _read(named: RepositoryUses | LocalUses, uses: str, files: ActionFiles, path: str) -> ActionFile:
    for name in FILES:
        content = files.read(name)
        if content is None:
            continue
        file = posixpath.join(path, name)
        return _parse_file(content, file) if name.startswith("action.") else dockerfile_action(file)
    if isinstance(named, LocalUses):
        raise ActionFileError(
            f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '{path}'. "
            "Did you forget to run actions/checkout before running your local action?"
        )
    raise ActionFileError(
        f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' for action '{uses}'. "
        "Check the path between the repository and the `@`"
    )


def _parse_file(content: bytes, file: str) -> ActionFile:
    try:
        return read_action(content.decode("utf-8-sig"), file=file)
    except UnicodeDecodeError as error:
        raise ActionFileError(f"{file}: expected text in UTF-8: {error}") from error
    except ActionErrors as errors:
        raise ActionFileError(f"{errors}\nFailed to load {file}: mend it, or use another version") from errors


def _using(action: ActionFile) -> str:
    match action.runs:
        case NodeRuns(using=using):
            return using
        case DockerRuns():
            return "docker"
        case CompositeRuns():
            return "composite"
        case PluginRuns():
            return "plugin"


def _inputs(action: ActionFile) -> Mapping[str, ActionInput]:
    return {
        item.id: ActionInput(
            required=item.required,
            default=None if item.default is None else _raw(item.default),
            deprecation_message=item.deprecation_message,
        )
        for item in action.inputs.values()
    }


def _steps(action: ActionFile, named: RepositoryUses | LocalUses, path: str) -> Steps:
    match action.runs:
        case NodeRuns() as runs:
            return _node_steps(runs, path, _input_env(action))
        case DockerRuns() as runs:
            return _docker_steps(runs, path, _input_env(action))
        case CompositeRuns(steps=steps):
            return tuple(_composite_step(step, named) for step in steps)
        case PluginRuns(plugin=name):
            return (DocumentStep(entrypoint=("sqncshim", "plugin", name), env=_input_env(action)),)


def _input_env(action: ActionFile) -> dict[str, str]:
    """`INPUT_X` for each input, with its default, which the caller's `with` replaces."""
    return {
        input_variable(item.id): "" if item.default is None else _raw(item.default)
        for item in action.inputs.values()
    }


def input_variable(name: str) -> str:
    """The variable that an action finds its input *name* in; GitHub's rule: dashes stay."""
    return "INPUT_" + name.replace(" ", "_").upper()


def _node_steps(runs: NodeRuns, path: str, env: Mapping[str, str]) -> Steps:
    scripts = (
        (Stage.PRE, runs.pre, runs.pre_if or ALWAYS),
        (Stage.MAIN, runs.main, ""),
        (Stage.POST, runs.post, runs.post_if or ALWAYS),
    )
    return tuple(
        DocumentStep(stage=stage, if_=condition, entrypoint=("node",), cmd=(_inside(path, script),), env=env)
        for stage, script, condition in scripts
        if script
    )


def _docker_steps(runs: DockerRuns, path: str, env: dict[str, str]) -> Steps:
    entrypoints = (
        (Stage.PRE, runs.pre_entrypoint, runs.pre_if or ALWAYS),
        (Stage.MAIN, runs.entrypoint, ""),
        (Stage.POST, runs.post_entrypoint, runs.post_if or ALWAYS),
    )
    image = runs.image.removeprefix(_DOCKER) if runs.image.startswith(_DOCKER) else ""
    folder, dockerfile = posixpath.split(_inside(path, runs.image))
    return tuple(
        DocumentStep(
            stage=stage,
            if_=condition,
            image=image,
            build=None if image else Build(folder, dockerfile),
            entrypoint=(entrypoint,) if entrypoint else None,
            cmd=tuple(_raw(argument) for argument in runs.args) or None,
            env={name: _raw(value) for name, value in runs.env.items()} | env,
        )
        for stage, entrypoint, condition in entrypoints
        if entrypoint or stage is Stage.MAIN
    )


def _composite_step(step: Step, action: RepositoryUses | LocalUses) -> DocumentStep:
    named = parse_uses(step.uses) if step.uses else None
    return DocumentStep(
        id=step.id,
        name=_raw(step.name),
        if_=_raw(step.if_),
        env=_raw_mapping(step.env),
        working_directory=_raw(step.working_directory),
        run=None if step.run is None else _raw(step.run),
        shell=step.shell,
        uses=str(named.within(action)) if isinstance(named, SelfUses) else step.uses,
        with_=_raw_mapping(step.with_),
        continue_on_error=_flag(step.continue_on_error),
    )


def _inside(path: str, name: str) -> str:
    """`..` is allowed, as on GitHub: an action in a subfolder may run its repository's `../dist/index.js`."""
    return posixpath.normpath(posixpath.join(path, name.replace("\\", "/")))


def _raw(node: Node | None) -> str:
    """The value as text, with its `${{ }}` as they stand; '' for no node."""
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        place = node.position
        raise ActionFileError(f"{place.file}:{place.line}:{place.column}: expected a single value")
    return to_text(node.value)


def _raw_mapping(node: Node | None) -> dict[str, str]:
    if isinstance(node, MappingNode):
        return {_raw(name): _raw(value) for name, value in node.items}
    if not _raw(node):
        return {}
    assert node is not None
    place = node.position
    raise ActionFileError(f"{place.file}:{place.line}:{place.column}: expected a mapping of names to values")


def _flag(node: Node | None) -> bool | str:
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    return _raw(node) or False
