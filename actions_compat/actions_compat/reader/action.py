"""Reads an `action.yml` into its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.action import (
    Action,
    ActionErrors,
    CompositeRuns,
    DockerRuns,
    Input,
    NodeRuns,
    Output,
    PluginRuns,
    Runs,
    is_dockerfile,
)
from actions_compat.nodes import Mapping, Scalar, WorkflowErrors
from actions_compat.reader.action_table import ACTION, NODES, STRICT_ACTION
from actions_compat.reader.build import build_steps
from actions_compat.reader.document import read_checked
from actions_compat.reader.fields import each, fields_of, is_true, items_of, scalar_of, text_of
from actions_compat.yaml_tree import Limits

if TYPE_CHECKING:
    from actions_compat.nodes import Node
    from actions_compat.reader.check import Check

_LIMITS = Limits(depth=100)
_SUPPORTED = "use 'docker', 'node12', 'node16', 'node20' or 'node24' instead."
_NO_USING = (
    "Missing 'using' value. 'using' requires 'composite', 'docker', 'node12', 'node16', 'node20' or 'node24'."
)


def action_document(text: str, file: str, *, strict: bool) -> Action:
    shape = STRICT_ACTION if strict else ACTION
    try:
        root, check = read_checked(text, file, shape, strict=strict, limits=_LIMITS)
        runs = _runs(root, fields_of(root).get("runs"), check)
        if strict:
            _lint(root, check)
        action = _action(root, runs) if runs else None
        check.finish()
    except WorkflowErrors as errors:
        raise ActionErrors(errors.errors, file=file) from errors
    assert action is not None
    return action


def _lint(root: Mapping, check: Check) -> None:
    from actions_compat.reader.lint import lint_formats, lint_steps  # noqa: PLC0415  (running needs no lint)

    lint_steps(fields_of(fields_of(root).get("runs")).get("steps"), check)
    lint_formats(root, check)


def _action(root: Mapping, runs: Runs) -> Action:
    fields = fields_of(root)
    return Action(
        position=root.position,
        name=text_of(fields.get("name")),
        description=text_of(fields.get("description")),
        author=text_of(fields.get("author")),
        inputs={text_of(key): _input(text_of(key), value) for key, value in items_of(fields.get("inputs"))},
        outputs={
            text_of(key): _output(text_of(key), value) for key, value in items_of(fields.get("outputs"))
        },
        runs=runs,
    )


def _input(name: str, node: Node) -> Input:
    fields = fields_of(node)
    return Input(
        id=name,
        description=text_of(fields.get("description")),
        required=is_true(fields.get("required")) or text_of(fields.get("required")).lower() == "true",
        default=scalar_of(fields.get("default")),
        deprecation_message=text_of(fields.get("deprecationMessage")),
    )


def _output(name: str, node: Node) -> Output:
    fields = fields_of(node)
    return Output(name, text_of(fields.get("description")), scalar_of(fields.get("value")))


def _runs(root: Mapping, node: Node | None, check: Check) -> Runs | None:
    """The way the action runs; None where the file does not say, which is noted."""
    if node is None:
        file = root.position.file
        check.error(root.position, f"Top level 'runs:' section is required for {file}")
        return None
    fields = fields_of(node)
    using = fields.get("using")
    if using is not None:
        return _runs_using(using, node, fields, check)
    if "plugin" in fields:
        return PluginRuns(text_of(fields["plugin"]))
    check.error(node.position, _NO_USING)
    return None


def _runs_using(using: Node, node: Node, fields: dict[str, Node], check: Check) -> Runs | None:
    name = text_of(using).lower()
    if name == "docker":
        return _docker(node, fields, check)
    if name == "composite":
        _require("steps", "a composite action but there are no steps", node, check)
        return CompositeRuns(build_steps(fields.get("steps"), check))
    if name in NODES:
        _require("main", "a JavaScript Action but there is not an entry JavaScript file", node, check)
        return _node(name, fields)
    check.error(using.position, f"'using: {text_of(using)}' is not supported, {_SUPPORTED}")
    return None


def _require(key: str, words: str, node: Node, check: Check) -> None:
    if key not in fields_of(node):
        check.error(node.position, f"You are using {words} provided in {node.position.file}.")


def _docker(node: Node, fields: dict[str, Node], check: Check) -> DockerRuns:
    _require("image", "a Container Action but an image is not", node, check)
    image = text_of(fields.get("image"))
    if image and not image.startswith("docker://") and not is_dockerfile(image):
        message = f"'{image}' should be either '[path]/Dockerfile' or 'docker://image[:tag]'."
        check.error(fields["image"].position, message)
    return DockerRuns(
        image=image,
        entrypoint=text_of(fields.get("entrypoint")),
        args=tuple(item for item in each(fields.get("args")) if isinstance(item, Scalar)),
        env=_env(fields.get("env"), check),
        pre_entrypoint=text_of(fields.get("pre-entrypoint")),
        post_entrypoint=text_of(fields.get("post-entrypoint")),
        pre_if=text_of(fields.get("pre-if")),
        post_if=text_of(fields.get("post-if")),
    )


def _env(node: Node | None, check: Check) -> dict[str, Scalar]:
    if node is not None and (
        not isinstance(node, Mapping) or any(key.has_expression for key, _ in node.items)
    ):
        check.error(node.position, "A mapping was expected", hint="name each variable of `env`")
    return {name: value for name, value in fields_of(node).items() if isinstance(value, Scalar)}


def _node(using: str, fields: dict[str, Node]) -> NodeRuns:
    return NodeRuns(
        using=using,
        main=text_of(fields.get("main")),
        pre=text_of(fields.get("pre")),
        post=text_of(fields.get("post")),
        pre_if=text_of(fields.get("pre-if")),
        post_if=text_of(fields.get("post-if")),
    )
