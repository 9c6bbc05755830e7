"""Checks expressions without values: their syntax, and whether the names in them are available there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions_compat.expressions import Expression
from actions_compat.expressions.errors import ExpressionSyntaxError
from actions_compat.nodes import parse_template
from actions_compat.templates import TemplateError

if TYPE_CHECKING:
    from actions_compat.availability import Available

_INSERT = re.compile(r"\$\{\{\s*insert\s*\}\}")
_EMBEDDED_DIRECTIVE = (
    "The directive 'insert' is not allowed in this context. Directives are not supported for expressions that"
    " are embedded within a string. Directives are only supported when the entire value is an expression."
)


def check_template(text: str, available: Available) -> None:
    """Check each `${{ }}` in *text*; raise ExpressionError for the first mistake."""
    try:
        template = parse_template(text)
    except ExpressionSyntaxError as error:
        check_expression(error.expression, available)  # GitHub tells an unknown name before what follows it
        raise
    except TemplateError as error:
        if _INSERT.search(text):
            raise TemplateError(_EMBEDDED_DIRECTIVE) from error
        raise
    available.check(template.expressions)


def check_expression(text: str, available: Available) -> None:
    """Check *text*, an expression without `${{ }}`; raise ExpressionError."""
    Expression.parse(text, contexts=available.contexts, functions=available.functions)
