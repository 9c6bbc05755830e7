"""What a linter tells of a workflow beyond its tables: values that GitHub takes, and that cannot be meant.

Only a strict reader asks. The rules and messages are those of GitHub's service and of its editor extension
(actions/languageservices `validate.ts`); a tree that does not fit its table may come here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from actions_compat.conditions import Condition
from actions_compat.cron import Cron, CronError
from actions_compat.expressions import ExpressionError, evaluate
from actions_compat.expressions.nodes import Call, Literal
from actions_compat.inputs import InputError, typed
from actions_compat.nodes import Mapping, Scalar, Sequence, parse_template
from actions_compat.reader.fields import each, fields_of, is_true, items_of, scalar_of, text_of
from actions_compat.reader.triggers import input_from
from actions_compat.shells import ShellError, command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat.expressions.nodes import Node as Syntax
    from actions_compat.nodes import Node
    from actions_compat.reader.check import Check

_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_WORKFLOW: Final = re.compile(
    r"(?:\./|\$/|(?P<repository>[\w.-]+/[\w.-]+)/)(?P<path>[^@]*)(?:@(?P<ref>.*))?", re.ASCII
)
_PLACEHOLDER: Final = re.compile(r"\{[0-9]+\}")
_NO_PREFIX: Final = (
    "references to workflows must be prefixed with format 'owner/repository/' or './' for local workflows"
)
_ALWAYS_TRUE: Final = (
    "Conditional expression contains literal text outside replacement tokens. This will cause the expression"
    " to always evaluate to truthy."
)
_ONE: Final = "put all of it into one ${{ }}, or leave ${{ }} out"
_NO_BLANKS: Final = "no blank or newline may stand around ${{ }}: `|` and `>` add one, `|-` and `>-` do not"


def lint_workflow(root: Mapping, check: Check) -> None:
    fields = fields_of(root)
    for event, settings in items_of(fields.get("on")):
        _lint_event(text_of(event), event, settings, check)
    _lint_concurrency(fields.get("concurrency"), check)
    _lint_default_shell(fields.get("defaults"), check)
    for key, job in items_of(fields.get("jobs")):
        _lint_job(text_of(key), fields_of(job), fields.get("concurrency"), check)
    lint_formats(root, check)


def lint_steps(steps: Node | None, check: Check) -> None:
    for step in each(steps):
        fields = fields_of(step)
        _lint_shell(fields.get("shell"), check)
        _lint_condition(scalar_of(fields.get("if")), check)
        uses = scalar_of(fields.get("uses"))
        if uses and "/.github/workflows/" in text_of(uses) and _WORKFLOW.fullmatch(text_of(uses)):
            message = "Reusable workflows should be referenced at the top-level `jobs.<job_id>.uses` key"
            check.error(uses.position, f"{message}, not within steps")


def lint_formats(root: Node, check: Check) -> None:
    """Note each call of `format` whose text and arguments cannot go together."""
    for node in _scalars(root):
        if not node.has_expression:
            continue
        try:
            expressions = parse_template(node.text).expressions
        except ExpressionError:
            continue  # told already, or a directive
        for expression in expressions:
            for call in _calls(expression.root):
                _lint_format(call, node, check)


# --- events ---


def _lint_event(event: str, key: Scalar, settings: Node, check: Check) -> None:
    if event == "schedule":
        for item in each(settings):
            _lint_schedule(fields_of(item), check)
        return
    fields = fields_of(settings)
    for kind in ("branches", "tags", "paths"):
        if kind in fields and (other := fields.get(f"{kind}-ignore")):
            message = f"you may only define one of `{kind}` and `{kind}-ignore` for a single event"
            check.error(other.position, message, hint="`!` before a pattern takes out what it matches")
    if event == "workflow_run" and not any(each(fields.get("workflows"))):
        check.error(key.position, "on.workflow_run does not reference any workflows", hint="add `workflows:`")
    for name, declaration in items_of(fields.get("inputs")):
        _lint_input(text_of(name), declaration, check)


def _lint_schedule(fields: dict[str, Node], check: Check) -> None:
    cron, zone = scalar_of(fields.get("cron")), scalar_of(fields.get("timezone"))
    if cron:
        try:
            Cron.parse(text_of(cron))
        except CronError as error:
            check.error(cron.position, str(error))
    if zone and not _ZONE.fullmatch(text_of(zone)):
        check.error(
            zone.position,
            f"Unexpected value '{text_of(zone)}'",
            hint="expected an IANA name, such as Europe/Berlin",
        )


def _lint_input(name: str, node: Node, check: Check) -> None:
    declared = input_from(name, node)
    has_options = "options" in fields_of(node)
    if declared.type == "choice" and not declared.options:
        check.error(node.position, "Missing 'options' for choice input")
    elif declared.type != "choice" and has_options:
        check.error(node.position, "Input type is not 'choice', but 'options' is defined")
    default = declared.default
    if isinstance(default, Scalar) and text_of(default) and not default.has_expression:
        try:
            typed(declared, default.value)
        except InputError as error:
            check.error(default.position, f"Unexpected value '{text_of(default)}'", hint=str(error))


# --- jobs ---


def _lint_job(name: str, fields: dict[str, Node], outer: Node | None, check: Check) -> None:
    concurrency = fields.get("concurrency")
    _lint_concurrency(concurrency, check)
    group = _group(concurrency)
    if concurrency and group and group == _group(outer):
        message = (
            f"Concurrency group '{group}' is also defined at the workflow level. This will cause a deadlock."
        )
        check.error(concurrency.position, message, hint=f"job `{name}` would wait for its own workflow")
    _lint_default_shell(fields.get("defaults"), check)
    _lint_condition(scalar_of(fields.get("if")), check)
    if uses := scalar_of(fields.get("uses")):
        _lint_called(uses, check)
    lint_steps(fields.get("steps"), check)


def _lint_default_shell(defaults: Node | None, check: Check) -> None:
    _lint_shell(fields_of(fields_of(defaults).get("run")).get("shell"), check)


def _lint_shell(node: Node | None, check: Check) -> None:
    if not isinstance(node, Scalar) or node.has_expression or not text_of(node):
        return
    try:
        command_line(text_of(node))
    except ShellError as error:
        check.error(node.position, str(error))


def _group(node: Node | None) -> str:
    """The name of the group; '' where there is none, or it is an expression."""
    group = scalar_of(fields_of(node).get("group") if isinstance(node, Mapping) else node)
    return "" if group is None or group.has_expression else text_of(group)


def _lint_concurrency(node: Node | None, check: Check) -> None:
    fields = fields_of(node)
    if text_of(queue := fields.get("queue")) == "max" and is_true(fields.get("cancel-in-progress")):
        assert queue is not None  # it has a text
        check.error(queue.position, "'queue: max' cannot be combined with 'cancel-in-progress: true'.")


def _lint_called(uses: Scalar, check: Check) -> None:
    text = text_of(uses)
    if not uses.has_expression and (reason := _wrong_reference(text)):  # an expression is told already
        check.error(uses.position, f"Invalid workflow reference '{text}': {reason}")


def _wrong_reference(text: str) -> str:
    read = _WORKFLOW.fullmatch(text)
    if read is None:
        return _NO_PREFIX
    repository, path, ref = read["repository"], read["path"], read["ref"]
    rules = (
        (
            not path.startswith((".github/workflows/", ".github/workflows-lab/")),
            "references to workflows must be rooted in '.github/workflows'",
        ),
        (not repository and ref is not None, "cannot specify version when calling local workflows"),
        (repository and not ref, "no version specified"),
        (
            path.count("/") != 2,
            "workflows must be defined at the top level of the .github/workflows/ directory",
        ),
        (
            not path.endswith((".yml", ".yaml")),
            "workflow file should have either a '.yml' or '.yaml' file extension",
        ),
    )
    return next((reason for is_wrong, reason in rules if is_wrong), "")


# --- expressions ---


def _lint_condition(node: Scalar | None, check: Check) -> None:
    """An `if` that comes to a text is true, whatever its expressions come to."""
    if node is None or not node.has_expression:
        return
    try:
        root = Condition.parse(node.text).expression.root
    except ExpressionError:
        return  # told already
    if isinstance(root, Call) and root.name.lower() == "format":
        around = _PLACEHOLDER.sub("", _text(root))
        if around:
            check.error(node.position, _ALWAYS_TRUE, hint=_ONE if around.strip() else _NO_BLANKS)


def _lint_format(call: Call, node: Scalar, check: Check) -> None:
    text, *arguments = call.children
    if isinstance(text, Literal):
        try:
            evaluate(f"format({text.source()}{', null' * len(arguments)})", {})
        except ExpressionError as error:
            check.error(node.position, str(error))


def _text(call: Call) -> str:
    first = call.children[0]
    return first.value if isinstance(first, Literal) and isinstance(first.value, str) else ""


def _calls(root: Syntax | None) -> Iterator[Call]:
    """The calls of `format` in the syntax tree, without recursion."""
    left = [root] if root else []
    while left:
        node = left.pop()
        if isinstance(node, Call) and node.name.lower() == "format":
            yield node
        left.extend(node.children)


def _scalars(node: Node) -> Iterator[Scalar]:
    """The values and keys, in file order; an alias repeats what it names."""
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from _scalars(item)
        case Mapping():
            for key, value in node.items:
                yield key
                yield from _scalars(value)
