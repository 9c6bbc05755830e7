"""Makes the models from a tree that fits its table, and checks what no table says: ids, needs, images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions_compat.nodes import Mapping, Scalar, Sequence, is_insert, parse_template
from actions_compat.reader.fields import each, fields_of, items_of, scalar_of, text_of, texts_of
from actions_compat.reader.graph import check_needs
from actions_compat.reader.tables import JOB_KEYS, ROOT_KEYS, STEP_KEYS
from actions_compat.reader.triggers import triggers_from
from actions_compat.uses import UsesError, parse_uses
from actions_compat.workflow import Defaults, Job, Step, Strategy, Workflow
from actions_compat.yaml_tree import memory_of

if TYPE_CHECKING:
    from actions_compat.nodes import Node, Position
    from actions_compat.reader.check import Check

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_MAX_ID = 100
_IMAGE_VERSION = re.compile(r"[0-9]{1,9}\.\*")
_MAX_GROUP = 400
_LONG_GROUP = "Concurrency group name must be less than 400 characters"
_GROUP_PREFIXES = {"org", "organization", "ent", "enterprise"}


def build_workflow(root: Mapping, check: Check) -> Workflow:
    fields = fields_of(root)
    jobs = [_named_job(key, value, check) for key, value in items_of(fields.get("jobs"))]
    if "jobs" in fields:
        check_needs(fields["jobs"], check)
    return Workflow(
        position=root.position,
        file=root.position.file,
        name=text_of(fields.get("name")),
        on=triggers_from(fields.get("on"), check),
        jobs={job.id: job for job in jobs},
        run_name=fields.get("run-name"),
        env=fields.get("env"),
        defaults=_defaults(fields.get("defaults"), check),
        permissions=fields.get("permissions"),
        concurrency=_concurrency(fields.get("concurrency"), check),
        extra=_extra(fields, ROOT_KEYS),
        memory_bytes=memory_of(root),
    )


def _named_job(key: Scalar, node: Node, check: Check) -> Job:
    _check_id(key, check)
    return build_job(text_of(key), key, node, check)


def build_job(job_id: str, key: Scalar | Mapping, node: Node, check: Check) -> Job:
    """*key* is what the job's own mistakes point to."""
    fields = fields_of(node)
    _check_job(fields, check)
    return Job(
        position=key.position,
        id=job_id,
        name=fields.get("name"),
        needs=texts_of(fields.get("needs")),
        if_=scalar_of(fields.get("if")),
        runs_on=fields.get("runs-on"),
        container=fields.get("container"),
        services=fields.get("services"),
        environment=fields.get("environment"),
        env=fields.get("env"),
        defaults=_defaults(fields.get("defaults"), check),
        outputs=fields_of(fields.get("outputs")),
        strategy=_strategy(fields.get("strategy"), check),
        timeout_minutes=fields.get("timeout-minutes"),
        cancel_timeout_minutes=fields.get("cancel-timeout-minutes"),
        continue_on_error=fields.get("continue-on-error"),
        snapshot=fields.get("snapshot"),
        steps=build_steps(fields.get("steps"), check),
        uses=scalar_of(fields.get("uses")),
        with_=fields.get("with"),
        secrets=fields.get("secrets"),
        permissions=fields.get("permissions"),
        concurrency=_concurrency(fields.get("concurrency"), check),
        extra=_extra(fields, JOB_KEYS),
    )


def build_steps(node: Node | None, check: Check) -> tuple[Step, ...]:
    """The steps of one scope, within which no id may stand twice."""
    seen: set[str] = set()
    return tuple(build_step(item, check, seen) for item in each(node))


def build_step(node: Node, check: Check, seen: set[str]) -> Step:
    """*seen* are the ids that this scope has so far, in upper case."""
    fields = fields_of(node)
    step_id = scalar_of(fields.get("id"))
    if step_id is not None and _check_id(step_id, check):
        _check_unique(step_id, check, seen)
    if uses := scalar_of(fields.get("uses")):
        _check_uses(uses, check)
    return Step(
        position=node.position,
        id=text_of(step_id),
        name=fields.get("name"),
        if_=scalar_of(fields.get("if")),
        run=scalar_of(fields.get("run")),
        shell=text_of(fields.get("shell")),
        working_directory=fields.get("working-directory"),
        env=fields.get("env"),
        uses=text_of(fields.get("uses")),
        with_=fields.get("with"),
        continue_on_error=fields.get("continue-on-error"),
        timeout_minutes=fields.get("timeout-minutes"),
        extra=_extra(fields, STEP_KEYS),
    )


def _extra(fields: dict[str, Node], known: frozenset[str]) -> dict[str, Node]:
    return {key: value for key, value in fields.items() if key not in known}


def _defaults(node: Node | None, check: Check) -> Defaults:
    run = _spelled_out(fields_of(node).get("run"), "defaults.run", check)
    return Defaults(shell=run.get("shell"), working_directory=run.get("working-directory"))


def _strategy(node: Node | None, check: Check) -> Strategy | None:
    if node is None:
        return None
    if isinstance(node, Scalar) and (inner := _only_expression(node)):
        return _expressed_strategy(node.position, inner)
    fields = _spelled_out(node, "strategy", check)
    if isinstance(matrix := fields.get("matrix"), Mapping):
        _check_matrix(matrix, check)
    return Strategy(
        matrix=fields.get("matrix"),
        fail_fast=fields.get("fail-fast"),
        max_parallel=fields.get("max-parallel"),
    )


def _only_expression(node: Scalar) -> str:
    """The expression that is all of the value; '' where there is none, or more than it, or it is wrong."""
    from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (most files hold none here)

    try:
        template = parse_template(node.text)
    except ExpressionError:
        return ""  # told already
    whole = template.expression
    return whole.text if whole and template.expressions == (whole,) else ""


def _expressed_strategy(position: Position, whole: str) -> Strategy:
    """A strategy that is one expression: each field is its part of it, or the default where it has none."""

    def field(expression: str) -> Scalar:
        return Scalar(position, text := f"${{{{ {expression} }}}}", text)

    return Strategy(
        matrix=field(f"({whole}).matrix"),
        fail_fast=field(f"toJSON(({whole})['fail-fast']) != 'false'"),  # null == false, and it is true
        max_parallel=field(f"({whole})['max-parallel']"),
    )


def _concurrency(node: Node | None, check: Check) -> Node | None:
    group = fields_of(node).get("group") if isinstance(node, Mapping) else node
    if isinstance(group, Scalar) and not group.has_expression and len(text_of(group)) > _MAX_GROUP:
        check.error(node.position if node else group.position, _LONG_GROUP)
    return node


def _spelled_out(node: Node | None, key: str, check: Check) -> dict[str, Node]:
    """The mapping under *key*, where an expression for all of it is not supported, and none for its keys."""
    if node is not None and (not isinstance(node, Mapping) or _has_expression_key(node)):
        check.error(
            node.position, "A mapping was expected", hint=f"an expression for all of `{key}` is not supported"
        )
    return fields_of(node)


# --- what the tables do not say ---


def _check_id(node: Scalar, check: Check) -> bool:
    name = text_of(node)
    if not _ID.fullmatch(name) or len(name) >= _MAX_ID:
        check.error(
            node.position,
            f"The identifier '{name}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'."
            " IDs must start with a letter or '_' and and must be less than 100 characters.",
        )
        return False
    if name.startswith("__"):
        check.error(
            node.position, f"The identifier '{name}' is invalid. IDs starting with '__' are reserved."
        )
        return False
    return True


def _check_unique(node: Scalar, check: Check, seen: set[str]) -> None:
    name = text_of(node)
    if name.upper() in seen:
        message = f"The identifier '{name}' may not be used more than once within the same scope."
        check.error(node.position, message)
    seen.add(name.upper())


def _check_uses(node: Scalar, check: Check) -> None:
    try:
        parse_uses(text_of(node))
    except UsesError as error:
        check.error(node.position, str(error), hint=error.hint)


def _check_job(fields: dict[str, Node], check: Check) -> None:
    group = scalar_of(fields_of(fields.get("runs-on")).get("group"))
    if group is not None and not group.has_expression:
        _check_group(group, check)
    _check_snapshot(fields.get("snapshot"), check)
    _check_image(fields.get("container"), check)
    for _, service in items_of(fields.get("services")):
        _check_image(service, check)


def _check_group(node: Scalar, check: Check) -> None:
    name = text_of(node)
    prefix, slash, rest = name.partition("/")
    message = f"Invalid runs-on group name '{name}'."
    if slash and (prefix.lower() not in _GROUP_PREFIXES or "/" in rest):
        message += " Please use 'organization/' or 'enterprise/' prefix to target a single runner group."
        check.error(node.position, message)
    elif slash and not rest:
        check.error(node.position, message)


def _check_snapshot(node: Node | None, check: Check) -> None:
    version = scalar_of(fields_of(node).get("version"))
    if node is None or version is None or version.has_expression:
        return
    if not _IMAGE_VERSION.fullmatch(text_of(version)):
        message = f"Expected format '{{major-version}}.*' Actual '{text_of(version)}'"
        check.error(node.position, message, hint="such as `1.*`")


def _check_image(node: Node | None, check: Check) -> None:
    if isinstance(node, Mapping) and node.get("image") is None and not _has_expression_key(node):
        check.error(node.position, "Container image cannot be empty", hint="add `image:`")


def _has_expression_key(node: Mapping) -> bool:
    return any(is_insert(key) or key.has_expression for key, _ in node.items)


def _check_matrix(matrix: Mapping, check: Check) -> None:
    """Note what is wrong with a matrix whatever its expressions give."""
    if _has_expression_key(matrix):
        return
    fields = fields_of(matrix)
    vectors = {name.upper() for name in fields if name not in {"include", "exclude"}}
    if not vectors and not any(each(fields.get("include"))):
        check.error(matrix.position, "Matrix must define at least one vector")
    for name, value in fields.items():
        if name == "exclude":
            _check_exclude(value, vectors, check)
        elif name == "include":
            _check_include(value, check)
        elif isinstance(value, Sequence) and not value.items:
            check.error(value.position, f"Matrix vector '{name}' does not contain any values")


def _check_include(node: Node, check: Check) -> None:
    for item in each(node):
        if isinstance(item, Mapping) and not item.items:
            check.error(item.position, "Matrix include mapping does not contain any values")


def _check_exclude(node: Node, vectors: set[str], check: Check) -> None:
    for item in each(node):
        if not isinstance(item, Mapping) or _has_expression_key(item):
            continue
        if not item.items:
            check.error(item.position, "Matrix exclude filter must not be empty")
        for key, _ in item.items:
            name = text_of(key)
            if name.upper() not in vectors:
                message = f"Matrix exclude key '{name}' does not match any key within the matrix"
                check.error(key.position, message)
