"""Compares a tree with a table, and collects every mistake in GitHub's words with our hint.

The rules (which form of a mapping its keys choose, in which order mistakes are told) are those of GitHub's
template reader, actions/runner `TemplateReader.cs`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from actions_compat.frozen import record
from actions_compat.nodes import (
    MAX_ERRORS,
    Mapping,
    Node,
    Position,
    Scalar,
    Sequence,
    WorkflowError,
    WorkflowErrors,
    is_insert,
    to_text,
)
from actions_compat.reader.shapes import ANY, ANY_FORMS, NOWHERE, Keys, Shape
from actions_compat.reader.tables import BACKGROUND_KEYS, STEP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as KeyMapping

    from actions_compat.availability import Available

_KIND_OF_VALUE = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string"}
_NOT_ALLOWED = "A template expression is not allowed in this context"


@record
class Check:
    """The mistakes found so far, and the keys that the caller allows beyond the table.

    `extra` holds, for the identity of a shape, the keys that its mappings may hold besides.
    """

    extra: KeyMapping[int, KeyMapping[str, Shape]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    errors: list[WorkflowError] = field(default_factory=list)
    limit: int = MAX_ERRORS
    is_strict: bool = False
    told: frozenset[Position] = frozenset()  # where nothing more is to be said

    def error(self, position: Position, message: str, *, hint: str = "") -> None:
        """Note a mistake; raise WorkflowErrors when there are as many as are ever told."""
        if position in self.told:
            return
        self.errors.append(WorkflowError(position, message, hint=hint))
        if len(self.errors) >= self.limit:
            self.finish()

    def finish(self) -> None:
        """Raise WorkflowErrors if there are any."""
        if self.errors:
            raise WorkflowErrors(self.errors)

    def go_on(self) -> None:
        """From here on note no further mistake at a place that has one already."""
        self.told = frozenset(error.position for error in self.errors)

    def value(self, node: Node, shape: Shape, around: Available = NOWHERE) -> None:
        """Check one value; *around* is what the value that holds it may use."""
        available = around if shape.available is None else shape.available
        match node:
            case Scalar():
                self._scalar(node, shape, available)
            case Sequence():
                self._sequence(node, shape, available)
            case Mapping():
                self._mapping(node, shape, available)

    def _scalar(self, node: Scalar, shape: Shape, available: Available) -> None:
        if node.has_expression and self.template(node, available):
            if available is NOWHERE:
                self.error(node.position, _NOT_ALLOWED)
            return
        if node.has_expression and self.is_strict:
            return  # told once; GitHub goes on with the text, which may not fit either
        if shape.is_any:
            return
        if not _fits(node, shape):
            text = to_text(node.value)
            self.error(node.position, f"Unexpected value '{text}'", hint=_near(text, shape.values))
        elif shape.is_condition and not node.has_expression:
            self._condition(node, available)

    def _sequence(self, node: Sequence, shape: Shape, available: Available) -> None:
        item_shape = ANY if shape.is_any else shape.items
        if item_shape is None:
            self.error(node.position, "A sequence was not expected", hint=_expected(shape))
            return
        for item in node.items:
            self.value(item, item_shape, available)

    def _mapping(self, node: Mapping, shape: Shape, available: Available) -> None:
        if not shape.forms and not shape.is_any:
            self.error(node.position, "A mapping was not expected", hint=_expected(shape))
            return
        _MappingCheck(self, node, shape, available).run()

    def template(self, node: Scalar, available: Available) -> bool:
        """Whether the value is an expression that parses; a mistake in it is noted."""
        from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (most values hold no expression)
        from actions_compat.reader.static import check_template  # noqa: PLC0415  (as above)

        if is_insert(node):
            return False
        try:
            check_template(node.text, available)
        except ExpressionError as error:
            self.error(node.position, str(error), hint=_name_hint(error, available))
            return False
        return True

    def _condition(self, node: Scalar, available: Available) -> None:
        from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (as above)
        from actions_compat.reader.static import check_expression  # noqa: PLC0415  (as above)

        try:
            check_expression(to_text(node.value), available)
        except ExpressionError as error:
            self.error(node.position, str(error), hint=_name_hint(error, available))


class _MappingCheck:
    """One mapping against the forms that it may have; each known key rules out the forms without it."""

    def __init__(self, check: Check, node: Mapping, shape: Shape, available: Available) -> None:
        self.check = check
        self.node = node
        self.shape = shape
        self.available = available
        self.all_forms = shape.forms or ANY_FORMS
        self.forms = list(self.all_forms)
        self.extra = check.extra.get(id(shape), {})
        self.seen: set[str] = set()
        self.has_expression_key = False
        self.has_extra_key = False

    def run(self) -> None:
        for key, value in self.node.items:
            self._item(key, value)
        if self.has_expression_key:
            return
        if len(self.forms) == 1:
            self._required(self.forms[0])
        elif not self.has_extra_key:
            self._ambiguous()

    def _item(self, key: Scalar, value: Node) -> None:
        if "${{" in key.text and self._expression_key(key, value):
            return
        name = to_text(key.value)
        if name.upper() in self.seen:
            self.check.error(key.position, f"'{name}' is already defined")
            return
        self.seen.add(name.upper())
        if name in self.extra:
            self.has_extra_key = True
            self.check.value(value, self.extra[name], self.available)
            return
        self._named_item(key, name, value)

    def _expression_key(self, key: Scalar, value: Node) -> bool:
        if not is_insert(key) and not self.check.template(key, self.available):
            return False
        self.has_expression_key = True
        if self.available is not NOWHERE:
            self.check.value(value, ANY, self.available)
        else:
            self.check.error(key.position, _NOT_ALLOWED)
        return True

    def _named_item(self, key: Scalar, name: str, value: Node) -> None:
        if name == "<<" and isinstance(value, Mapping) and self.check.is_strict:
            self._unexpected(key, name)  # GitHub tells what is wrong where the anchor is
            return
        knowing = [form for form in self.forms if name in form.known]
        if knowing:
            self.forms = knowing
            if name in BACKGROUND_KEYS:  # in the table for GitHub's messages alone
                self._unexpected(key, name)
                return
            self.check.value(value, knowing[0].known[name], self.available)
            return
        rest = self.forms[0].rest
        if rest is None:
            self._unexpected(key, name)
        elif not name:
            self.check.error(key.position, "Unexpected value ''", hint="a name cannot be empty")
        else:
            self.check.value(value, rest, self.available)

    def _unexpected(self, key: Scalar, name: str) -> None:
        self.check.error(key.position, f"Unexpected value '{name}'", hint=self._key_hint(name))

    def _ambiguous(self) -> None:
        count = Counter(key for form in self.forms for key in form.known)
        deciding = ", ".join(sorted(key for key, forms in count.items() if forms == 1))
        message = "There's not enough info to determine what you meant. Add one of these properties: "
        self.check.error(self.node.position, message + deciding)

    def _required(self, form: Keys) -> None:
        if self.has_extra_key and self.shape is STEP:
            return  # the caller's key says what the step does
        for key in form.required:
            if key.upper() not in self.seen and key not in self.check.optional:
                self.check.error(self.node.position, f"Required property is missing: {key}")

    def _key_hint(self, name: str) -> str:
        if name == "<<":
            return "merge keys are not supported: repeat the keys, or let an alias stand for all of them"
        is_step = any("parallel" in form.known for form in self.all_forms)
        if is_step and name in BACKGROUND_KEYS:
            return "background steps are not supported"
        known = [key for form in self.forms for key in form.known] + list(self.extra)
        if near := _near(name, known):
            return near
        if any(name in form.known for form in self.all_forms):
            return f"`{name}` does not go with " + _and(_deciding(self.all_forms, self.seen, name))
        return ""


def _deciding(forms: Iterable[Keys], seen: set[str], name: str) -> list[str]:
    """The keys in *seen* that no form with *name* knows."""
    allowed = {key for form in forms if name in form.known for key in form.known}
    known = {key for form in forms for key in form.known}
    return [f"`{key}`" for key in sorted(known - allowed) if key.upper() in seen]


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "the other keys here"


def _fits(node: Scalar, shape: Shape) -> bool:
    kind = _KIND_OF_VALUE[type(node.value)]
    if kind in shape.kinds and kind != "string":
        return True
    if "string" not in shape.kinds:
        return False
    text = to_text(node.value)
    return (bool(text) or not shape.nonempty) and (not shape.values or text in shape.values)


def _near(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  (only for a mistake)

    matches = get_close_matches(word, list(known), n=1)
    return f"did you mean `{matches[0]}`?" if matches and word else ""


def _expected(shape: Shape) -> str:
    kinds = (
        ["one value"] * bool(shape.kinds) + ["a list"] * bool(shape.items) + ["a mapping"] * bool(shape.forms)
    )
    return "expected " + " or ".join(kinds)


def _name_hint(error: Exception, available: Available) -> str:
    symbol = getattr(error, "symbol", "")
    if "Unrecognized" not in str(error):
        return ""
    if near := _near(symbol, [*available.contexts, *available.functions]):
        return near
    return "available here: " + ", ".join(sorted(available.contexts)) if available.contexts else ""
