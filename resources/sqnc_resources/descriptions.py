"""What a type's author wrote about its keys: the text below each field, as below any attribute.

    branch: str = "main"
    \"\"\"The branch that is followed.\"\"\"

It is read from the source, so that a type that runs pays nothing for its documentation.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def describe_keys(kind: type) -> dict[str, str]:
    """The text below each field of *kind*, by the field's name, also of those that it inherits.

    Nothing of a class whose source there is not.
    """
    found: dict[str, str] = {}
    for declared in reversed(kind.__mro__[:-1]):
        found |= _texts_of(declared)
    return found


def describe(thing: object) -> str:
    """The docstring of a module or class, without what the dataclass decorator puts in its place."""
    text = inspect.getdoc(thing) or ""
    return "" if isinstance(thing, type) and text.startswith(f"{thing.__name__}(") else text


def _texts_of(kind: type) -> dict[str, str]:
    try:
        source = inspect.cleandoc(inspect.getsource(kind))
    except (OSError, TypeError):
        return {}
    (declared,) = ast.parse(source).body
    return dict(_texts(declared.body)) if isinstance(declared, ast.ClassDef) else {}


def _texts(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(body):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                yield name, inspect.cleandoc(text)
