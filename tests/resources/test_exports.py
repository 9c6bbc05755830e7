"""What `from sqnc_resources import …` gives, to a program and to a type checker; the patterns likewise."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

import sqnc_resources
import sqnc_resources.patterns

PACKAGES = pytest.mark.parametrize(
    "package", [sqnc_resources, sqnc_resources.patterns], ids=lambda package: package.__name__
)


@PACKAGES
def test_every_public_name_is_there(package: ModuleType) -> None:
    for name in package.__all__:
        value = getattr(package, name)
        assert getattr(value, "__module__", package._EXPORTS[name]) == package._EXPORTS[name], name
        assert name in dir(package)


@PACKAGES
def test_a_type_checker_sees_the_same_names_from_the_same_modules(package: ModuleType) -> None:
    assert package.__file__
    source = ast.parse(Path(package.__file__).read_text())
    block = next(node for node in source.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert seen == package._EXPORTS


@PACKAGES
def test_an_unknown_name_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="nothing"):
        package.nothing  # noqa: B018  (that it raises is the point)
