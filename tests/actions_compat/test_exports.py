"""What `from actions_compat import …` gives, to a program and to a type checker."""

import ast
from pathlib import Path

import pytest

import actions_compat

TABLE = actions_compat._EXPORTS


@pytest.mark.parametrize("name", actions_compat.__all__)
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(actions_compat, name)
    assert getattr(value, "__module__", TABLE[name]).startswith(TABLE[name])


def test_a_type_checker_sees_the_same_names_from_the_same_modules() -> None:
    source = ast.parse(Path(actions_compat.__file__).read_text())
    block = next(node for node in source.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert seen == TABLE


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        actions_compat.nothing  # noqa: B018  (that it raises is the point)
