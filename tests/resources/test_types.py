"""A resource type is found by its name, wherever it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import UnknownTypeError
from sqnc_resources.types import NAMES, load
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from conftest import Run

CLASS = """
from __future__ import annotations

from dataclasses import dataclass

import beside

from sqnc_resources import NoKeys, Result


@dataclass(frozen=True, slots=True)
class Version:
    ref: str


class First:
    Source = GetParams = PutParams = NoKeys
    Version = Version

    def check(self, source, since):
        return [Version(beside.TEXT)]

    def get(self, source, version, params, folder):
        return Result(version)

    def put(self, source, params, folder):
        return Result(Version("put"))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("TEXT = 'from beside'\n")
    file = tmp_path / "my_type.py"
    file.write_text(CLASS)
    return file


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_every_built_in_type_is_one(name: str) -> None:
    kind = load(name)
    assert all(hasattr(kind, wanted) for wanted in NAMES)


def test_a_class_is_found_in_its_file_and_what_lies_beside_it_too(run: Run, file: Path) -> None:
    assert run("check", file, {}).value == [{"ref": "from beside"}]
    assert run("check", f"{file}:First", {}).value == [{"ref": "from beside"}]


def test_a_module_is_found_by_its_name(run: Run, file: Path) -> None:
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(file.parent), *sys.path])}
    assert run("check", "my_type:First", {}, env=variables).value == [{"ref": "from beside"}]


def test_a_plugin_s_type_is_found_by_the_name_it_answers_to(run: Run, file: Path) -> None:
    plugin = (
        "from sqncshim.hookspecs import hookimpl\nimport my_type\n\n\n@hookimpl\ndef resource_type(name):\n"
    )
    (file.parent / "my_plugin.py").write_text(
        f"{plugin}    return my_type.First if name == 'first' else None\n"
    )
    information = file.parent / "mine-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[sqncshim]\nmine = my_plugin\n")
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(file.parent), *sys.path])}
    assert run("check", "first", {}, env=variables).value == [{"ref": "from beside"}]
    answer = run("check", "second", {}, env=variables)
    assert (answer.status, "there is no resource type `second`" in answer.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mok", "there is no resource type `mok`: did you mean `mock`?"),
        ("./nowhere.py", "./nowhere.py: there is no such file: expected a resource type in Python"),
        (
            "no_such_package.type",
            "no_such_package.type: there is no module no_such_package: is it installed?",
        ),
        ("json:Type", "json:Type: json has no Type"),
        ("json.decoder", "json.decoder is no resource type: it has no Source, Version, GetParams"),
    ],
)
def test_what_is_no_type_is_told(run: Run, name: str, message: str) -> None:
    answer = run("check", name, {})
    assert (answer.status, answer.stdout) == (2, "")
    assert message in answer.stderr


def test_a_file_with_several_types_asks_for_one(file: Path) -> None:
    file.write_text(f"{CLASS}\n\nclass Second(First):\n    pass\n")
    with pytest.raises(UnknownTypeError, match=r"several resource types: name one of .*:First, .*:Second$"):
        load(str(file))


def test_a_file_that_does_not_load_is_its_author_s_to_mend(run: Run, file: Path) -> None:
    (file.parent / "beside.py").unlink()
    answer = run("check", file, {})
    assert answer.status == 70
    assert "ModuleNotFoundError: No module named 'beside'" in answer.stderr
