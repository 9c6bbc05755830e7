"""What can be wrong with an expression; the tree is drawn in the package's docstring."""


class ExpressionError(Exception):
    """An expression that has no value; `str()` is GitHub's message."""


class ExpressionSyntaxError(ExpressionError):
    """The text is not an expression; no value of any context could change that.

    `reason` is the message's first part, `symbol` the text that it names, and
    `index` its offset in `expression` in characters; None where the expression
    as a whole is meant. The position in the message counts from 1, in UTF-16 units.
    """

    def __init__(self, reason: str, expression: str, symbol: str = "", index: int | None = None) -> None:
        self.reason = reason
        self.expression = expression
        self.symbol = symbol
        self.index = index
        super().__init__(reason, expression, symbol, index)

    def __str__(self) -> str:
        if self.index is None:
            return self.reason
        position = len(self.expression[: self.index].encode("utf-16-le", "surrogatepass")) // 2 + 1
        place = f"Located at position {position} within expression: {self.expression}"
        return f"{self.reason}: '{self.symbol}'. {place}"


class UnknownNameError(ExpressionSyntaxError):
    """A context or a function that is not known where the expression stands."""


class ExpressionLimitError(ExpressionSyntaxError):
    """The expression is longer or deeper than GitHub allows."""


class EvaluationError(ExpressionError):
    """The expression is sound, and cannot be computed from the values that it met."""


class MemoryExceededError(EvaluationError):
    """A value grew beyond the memory that the evaluation may use."""

    def __init__(self, expression: str) -> None:
        super().__init__(
            "The maximum allowed memory size was exceeded while evaluating the following expression: "
            + expression
        )
