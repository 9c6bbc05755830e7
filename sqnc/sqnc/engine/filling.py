"""Values that hold `${{ expressions }}`, `((vars))`, or both, each put in once.

What was put in is not looked through again: a commit message that says `((token))` stays what it is, and so
does a password with `${{` in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.nodes import Mapping, Position, Scalar, Sequence, WorkflowError, to_text
from sqnc_resources.emulator.vars import (
    Interpolation,
    UndefinedVars,
    VarError,
    Variables,
    interpolate,
    key_text,
)
from sqnc_resources.emulator.yaml_values import exact

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as KeyMapping

    from actions_compat.nodes import Node


class Filling:
    """Fills the values of one step.

    *position* is where a value without a place of its own stands. Without *variables* vars stay as they are.
    """

    def __init__(
        self,
        contexts: KeyMapping[str, object],
        functions: KeyMapping[str, Callable[..., object]],
        variables: Variables | None,
        position: Position,
    ) -> None:
        self._contexts, self._functions = contexts, functions
        self._variables, self._position = variables, position

    def without_vars(self) -> Filling:
        """The same, but that vars stay as they are."""
        return Filling(self._contexts, self._functions, None, self._position)

    def value(self, value: object) -> object:
        """Fill a plain value; raise WorkflowError, also for a var without a value."""
        match value:
            case str():
                return self._text(value, self._position)
            case list():
                return [self.value(item) for item in value]
            case dict():
                return {key_text(self.value(key)): self.value(item) for key, item in value.items()}
        return value

    def node(self, node: Node | None) -> object:
        """Fill what stands in a file; None for no node. Raise WorkflowError."""
        match node:
            case Scalar():
                return self._text(node.value, node.position) if isinstance(node.value, str) else exact(node)
            case Sequence():
                return [self.node(item) for item in node.items]
            case Mapping():
                return {
                    key_text(self._text(to_text(key.value), key.position)): self.node(item)
                    for key, item in node.items
                }
        return None

    def mapping(self, node: Node | None) -> dict[str, object]:
        """Fill a mapping; {} for no node and for null. Raise WorkflowError."""
        value = self.node(node)
        if value is None:
            return {}
        if not isinstance(value, dict):
            assert node is not None
            raise WorkflowError(node.position, "A mapping was expected")
        return value

    def _text(self, text: str, position: Position) -> object:
        from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (most values hold none)

        try:
            if "${{" not in text:
                return interpolate(text, self._variables) if self._variables else text
            return self._evaluated(text)
        except UndefinedVars as error:
            hint = "give it with --var NAME=VALUE or --secret NAME"
            raise WorkflowError(position, str(error), hint=hint) from error
        except (VarError, ExpressionError) as error:
            raise WorkflowError(position, str(error)) from error

    def _evaluated(self, text: str) -> object:
        """An expression that stands alone keeps the type of its value."""
        from actions_compat.templates import Template  # noqa: PLC0415  (as above)

        template = Template.parse(text)
        parts = template.parts
        if len(parts) == 1:
            return template.evaluate(self._contexts, functions=self._functions)
        vars_ = Interpolation(self._variables or Variables())
        found = [
            vars_.part(part)
            if isinstance(part, str)
            else to_text(part.evaluate(self._contexts, functions=self._functions))
            for part in parts
        ]
        if self._variables:
            vars_.finish()
        return "".join(found)
