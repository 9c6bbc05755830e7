"""Texts that hold `${{ }}`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Self

from actions_compat.expressions import TEMPLATE_MEMORY, Expression, ExpressionError, to_text
from actions_compat.frozen import frozen

_OPEN = "${{"
_UNCLOSED = (
    "The expression is not closed. An unescaped ${{ sequence was found, "
    "but the closing }} sequence was not found."
)


class TemplateError(ExpressionError):
    """A `${{` that is not closed, is empty, or holds what may not stand in a text."""


@frozen
class Template:
    """A text in which expressions may stand; parsed once, evaluated many times."""

    text: str
    expression: Expression | None
    """What the text comes to: the expression that it is, or a `format()` of those in it; None if literal."""
    expressions: tuple[Expression, ...]
    """The expressions as they were written, in order."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read *text*; raise TemplateError, or the ExpressionSyntaxError of an expression in it.

        Names are checked when it is evaluated.
        """
        if _OPEN not in text:
            return cls(text, None, ())
        segments = list(_segments(text))
        expressions = tuple(segment for segment in segments if isinstance(segment, Expression))
        if len(segments) == 1:
            return cls(text, expressions[0], expressions)
        return cls(text, _formatted(segments), expressions)

    @property
    def parts(self) -> tuple[str | Expression, ...]:
        """The literal parts that are not empty, and the expressions between them, in order."""
        return tuple(_segments(self.text))

    @property
    def is_literal(self) -> bool:
        """True where the text holds no expression, and is its own value."""
        return self.expression is None

    def evaluate(
        self,
        contexts: Mapping[str, object],
        *,
        functions: Mapping[str, Callable[..., object]] | None = None,
        max_memory: int = TEMPLATE_MEMORY,
        strict_json: bool = False,
    ) -> object:
        """Return the value: of any type if the text is one expression, else a str."""
        if self.expression is None:
            return self.text
        for expression in self.expressions:
            expression.check_names(contexts, functions)  # so that a position is that in the part as written
        return self.expression.evaluate(
            contexts, functions=functions, max_memory=max_memory, strict_json=strict_json
        )

    def render(
        self,
        contexts: Mapping[str, object],
        *,
        functions: Mapping[str, Callable[..., object]] | None = None,
        max_memory: int = TEMPLATE_MEMORY,
        strict_json: bool = False,
    ) -> str:
        """Return the value as text, coerced as GitHub does."""
        value = self.evaluate(contexts, functions=functions, max_memory=max_memory, strict_json=strict_json)
        return to_text(value)


def _segments(text: str) -> Iterator[str | Expression]:
    """Yield the literal parts that are not empty, and the expressions between them."""
    end = 0
    while (start := text.find(_OPEN, end)) >= 0:
        if start > end:
            yield text[end:start]
        end = _closed_at(text, start)
        yield _expression(text[start + len(_OPEN) : end - 2])
    if end < len(text):
        yield text[end:]


def _closed_at(text: str, start: int) -> int:
    """Return the offset after the `}}` of the `${{` at *start*, outside quotes."""
    in_string = False
    for at in range(start + len(_OPEN), len(text)):
        if text[at] == "'":
            in_string = not in_string
        elif not in_string and text[at] == "}" and text[at - 1] == "}":
            return at + 1
    raise TemplateError(_UNCLOSED)


def _expression(inner: str) -> Expression:
    text = inner.strip()
    if not text:
        raise TemplateError("An expression was expected")
    if text == "insert":
        raise TemplateError("The directive 'insert' is not allowed in this context")
    return Expression.parse(text)


def _formatted(segments: list[str | Expression]) -> Expression:
    """Return `format('…{0}…', …)`, as GitHub makes it of a text with several parts."""
    template: list[str] = []
    arguments: list[str] = []
    for segment in segments:
        if isinstance(segment, Expression):
            template.append(f"{{{len(arguments)}}}")
            arguments.append(segment.text)
        else:
            template.append(segment.replace("{", "{{").replace("}", "}}").replace("'", "''"))
    return Expression.parse(f"format('{''.join(template)}', {', '.join(arguments)})")
