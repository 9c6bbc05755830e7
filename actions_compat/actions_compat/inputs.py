"""The inputs of a run: what `workflow_dispatch` and `workflow_call` declare, and the values given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.expressions.values import fold, parse_number, to_text, whole
from actions_compat.frozen import frozen
from actions_compat.nodes import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.nodes import Node


@frozen
class Input:
    """An input of a workflow.

    `type` is string, boolean, number, choice or environment; `default` None where the file gives none.
    """

    id: str
    type: str = "string"
    description: str = ""
    required: bool = False
    default: Node | None = None
    options: tuple[str, ...] = ()


class InputError(ValueError):
    """The values given do not fit the inputs declared; the message names every one that does not."""


_ABSENT: Mapping[str, object] = {"boolean": False, "number": 0}  # of an input without default; text is ''


def input_values(
    declared: Mapping[str, Input], given: Mapping[str, object], contexts: Mapping[str, object]
) -> dict[str, object]:
    """Return the `inputs` context: typed values, defaults filled in, in the order of *declared*.

    *given* matches names in any case, and may hold texts for typed inputs, as `github.event.inputs` does.
    *contexts* serve the defaults of `workflow_call`. Raise InputError.
    """
    names = {fold(name): value for name, value in given.items()}
    unknown = [
        name for name in given if fold(name) not in {fold(declared_name) for declared_name in declared}
    ]
    problems = [f"Unexpected inputs provided: {', '.join(unknown)}"] if unknown else []
    values: dict[str, object] = {}
    for name, declaration in declared.items():
        try:
            values[name] = _value(declaration, names, contexts)
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("; ".join(problems))
    return values


def _value(declared: Input, given: Mapping[str, object], contexts: Mapping[str, object]) -> object:
    key = fold(declared.id)
    if key in given:
        return typed(declared, given[key])
    if declared.default is not None:
        return typed(declared, resolve(declared.default, contexts))
    if declared.required:
        raise InputError(f"Required input '{declared.id}' not provided")
    return _ABSENT.get(declared.type, "")


def typed(declared: Input, value: object) -> object:
    """Return *value* as the type that the input has, a text where it is one; raise InputError."""
    text = to_text(value)
    match declared.type:
        case "boolean":
            if text.lower() not in {"true", "false"}:
                raise InputError(f"Input '{declared.id}' is a boolean: expected true or false, not '{text}'")
            return text.lower() == "true"
        case "number":
            number = parse_number(text)
            if number != number:  # noqa: PLR0124  (NaN alone differs from itself)
                raise InputError(f"Input '{declared.id}' is a number, and '{text}' is none")
            return whole(number)
        case "choice" if declared.options and text not in declared.options:
            options = ", ".join(declared.options)
            raise InputError(f"Input '{declared.id}' is one of {options}, and '{text}' is none of them")
    return text
