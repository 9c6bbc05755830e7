"""Which programs a resource type consists of on this machine: a folder's, or those of a type in Python."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from sqnc_resources.conform.executor import ROLES
from sqnc_resources.conform.scenario import ScenarioError
from sqnc_resources.errors import UnknownTypeError
from sqnc_resources.types import load
from sqncshim.tables import RESOURCE_TYPES

Programs: TypeAlias = Mapping[str, tuple[str, ...]]
"""The command for each role that there is; `in` and `out` get their folder as one more argument."""

_PLACES: Final = ("", "assets", "opt/resource", "bin")
"""Where resource types keep their programs, as folders of their repositories."""
_FUNCTIONS: Final = frozenset({"check", "get", "put"})


def find_programs(place: str) -> Programs:
    """Find the programs of the type that *place* names; raise ScenarioError.

    It is a folder with `check`, `in`, `out`, or what `sqncshim resource` takes: a built-in type's name, a
    Python file or a module, the last two with `:Class` or without.
    """
    folder = Path(place)
    if "/" in place and not folder.exists() and not Path(place.rpartition(":")[0]).is_file():
        raise ScenarioError(f"{place}: there is no such folder and no such file")
    if place in RESOURCE_TYPES or not folder.is_dir():
        return type_programs(place)
    for where in (folder / below for below in _PLACES):
        found = {role: (str((where / role).absolute()),) for role in ROLES if (where / role).is_file()}
        if found:
            _demand_programs(found)
            return found
    return type_programs(str(_type_file(folder)))


def type_programs(name: str) -> Programs:
    """The programs of a type that `sqncshim resource` knows by *name*; raise ScenarioError."""
    try:
        load(name)
    except UnknownTypeError as error:
        raise ScenarioError(str(error)) from error
    file, colon, kind = name.partition(":")
    if file.endswith(".py"):  # the programs run elsewhere
        name = f"{Path(file).absolute()}{colon}{kind}"
    shim = (sys.executable, "-P", "-m", "sqncshim", "resource")
    return {role: (*shim, role, name) for role in ROLES}


def _demand_programs(found: Programs) -> None:
    for command in found.values():
        if not os.access(command[0], os.X_OK):
            raise ScenarioError(f"{command[0]}: it is no program: chmod +x {command[0]}")


def _type_file(folder: Path) -> Path:
    found = [file for file in sorted(folder.glob("*.py")) if _holds_a_type(file)]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(file.name for file in found)
        raise ScenarioError(f"{folder} holds several resource types: give one of {choices}")
    raise ScenarioError(
        f"{folder}: expected programs named check, in and out there or in assets/, or a type in Python"
    )


def _holds_a_type(file: Path) -> bool:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return False
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return any(
        {node.name for node in body if isinstance(node, ast.FunctionDef)} >= _FUNCTIONS for body in bodies
    )
