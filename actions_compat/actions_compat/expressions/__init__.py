"""GitHub's expression language: what stands between `${{` and `}}`, and in an `if`.

    Expression, evaluate       parse and evaluate                  expression.py
    to_text, is_truthy, …      values and how they are coerced     values.py
    CaseSensitive              marks a mapping such as `env`       values.py
    FUNCTIONS                  the functions always there          functions.py

The errors (errors.py); `str()` of each is GitHub's message:

    ExpressionError
    ├── ExpressionSyntaxError      the text is wrong, whatever the values
    │   ├── UnknownNameError       a context or function that is not known here
    │   └── ExpressionLimitError   too deep or too long
    ├── EvaluationError            these values cannot be computed with
    │   └── MemoryExceededError    the result, or a part of it, grew too large
    └── TemplateError              actions_compat.templates: a `${{` without its `}}`
"""

from actions_compat.expressions.errors import (
    EvaluationError,
    ExpressionError,
    ExpressionLimitError,
    ExpressionSyntaxError,
    MemoryExceededError,
    UnknownNameError,
)
from actions_compat.expressions.expression import Expression, evaluate
from actions_compat.expressions.functions import FUNCTIONS, UNLIMITED
from actions_compat.expressions.memory import MAX_MEMORY, TEMPLATE_MEMORY
from actions_compat.expressions.values import CaseSensitive, equals, is_truthy, to_number, to_text

__all__ = [
    "FUNCTIONS",
    "MAX_MEMORY",
    "TEMPLATE_MEMORY",
    "UNLIMITED",
    "CaseSensitive",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "ExpressionLimitError",
    "ExpressionSyntaxError",
    "MemoryExceededError",
    "UnknownNameError",
    "equals",
    "evaluate",
    "is_truthy",
    "to_number",
    "to_text",
]
