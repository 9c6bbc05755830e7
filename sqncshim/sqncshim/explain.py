"""Reads the documents of strangers, and tells them everything that is wrong at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqncshim.document import SCHEMA, DocumentError, StepDocument
from sqncshim.json_reader import join

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_foreign(data: bytes | str) -> StepDocument:
    """As `StepDocument.parse`; the DocumentError goes on with every mistake that the JSON Schema finds.

    For special steps that are not our own: it costs as much as `parse` while there is no mistake.
    """
    try:
        return StepDocument.parse(data)
    except DocumentError as error:
        found = "".join(f"\n  {mistake}" for mistake in _mistakes(data))
        if not found:
            raise
        raise DocumentError("", f"{error}\nAll that docs/step-document.md's schema finds:{found}") from error


def _mistakes(data: bytes | str) -> list[str]:
    from importlib.resources import files  # noqa: PLC0415  (only for a mistake)

    from jsonschema import Draft202012Validator  # noqa: PLC0415  (imports for 75 ms, and only for a mistake)

    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # no JSON: the parser has said so
        return []
    schema = json.loads((files("sqncshim") / SCHEMA).read_text())
    errors = sorted(
        Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path))
    )
    return [f"{_path(error.absolute_path)}: {error.message}" for error in errors]


def _path(keys: Iterable[str | int]) -> str:
    path = ""
    for key in keys:
        path = f"{path}[{key}]" if isinstance(key, int) else join(path, key)
    return path or "the document"
