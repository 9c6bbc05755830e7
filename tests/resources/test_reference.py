"""What is made from a type's declarations and from the texts below its fields."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from sqncshim.tables import RESOURCE_TYPES

TYPE = '''
"""Follows stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqnc_resources import NoKeys, Result, Secret, key


@dataclass(frozen=True, slots=True)
class Star:
    name: str
    magnitude: float = 1.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where the stars are."""

    catalogue: str
    """The catalogue's
    address: `a|b`.

    It is read once.
    """
    token: Secret | None = None
    kinds: Literal["all"] | tuple[str, ...] = key("all", also=("types",))
    stars: tuple[Star, ...] = ()
    colours: Mapping[str, int] | None = None
    dim: bool = False
    """Whether dim ones count."""


@dataclass(frozen=True, slots=True)
class Version:
    name: str


GetParams = PutParams = NoKeys


def check(source, since):
    return []


def get(source, version, params, folder):
    return Result(version)


def put(source, params, folder):
    return Result(Version("x"))
'''


def made(what: str, name: object) -> str:
    command = [sys.executable, "-m", "sqncshim", "resource", what, str(name)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "stars.py"
    file.write_text(TYPE)
    return file


def test_the_reference_has_a_row_for_each_key(file: Path) -> None:
    page = made("docs", file)
    assert page.startswith("# stars\n\nFollows stars.\n\n## `source`\n\nWhere the stars are.\n\n| key |")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        "| `catalogue` | string | **required** | The catalogue's address: `a\\|b`. It is read once. |",
        "| `token` | string, secret |  |  |",
        "| `kinds` or `types` | `all` or a list of strings | `all` |  |",
        "| `stars` | list of objects |  |  |",
        "| `stars[].name` | string | **required** |  |",
        "| `stars[].magnitude` | number | `1.0` |  |",
        "| `colours` | object of whole numbers |  |  |",
        "| `dim` | true or false | `false` | Whether dim ones count. |",
        "| `name` | string | **required** |  |",
    ]
    assert page.endswith("## `params` of `put`\n\nThere are none.\n")


def test_the_schema_knows_each_part(file: Path) -> None:
    schema = json.loads(made("schema", file))
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema).is_valid
    source = {
        "catalogue": "x",
        "stars": [{"name": "Vega", "magnitude": 0.03}],
        "types": ["red"],
        "token": None,
    }
    assert valid(
        {"source": source, "version": {"name": "x", "newer": "y"}, "get_params": {}, "put_params": {}}
    )
    assert not valid({"source": {}})
    assert not valid({"source": {**source, "stars": [{"magnitude": 1}]}})
    assert not valid({"get_params": {"x": 1}})
    assert schema["description"] == "Follows stars."
    described = schema["properties"]["source"]["properties"]
    assert described["dim"]["description"] == "Whether dim ones count."
    assert described["types"]["deprecated"]


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_every_key_of_a_built_in_type_is_described(name: str) -> None:
    rows = [line for line in made("docs", name).splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == []
    jsonschema.Draft202012Validator.check_schema(json.loads(made("schema", name)))


def test_a_type_that_is_not_there_is_status_2_and_no_traceback() -> None:
    command = [sys.executable, "-m", "sqncshim", "resource", "docs", "mok"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sqncshim: there is no resource type `mok`: did you mean `mock`?\n"
