"""What a program printed: as Concourse reads it, and as people meant it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


class NoAnswer(ValueError):  # noqa: N818  (it is named for what happened)
    """There is no JSON value in what was printed; the message says what there is instead."""


def strict(stdout: bytes) -> Json:
    """Read the one value in *stdout*; raise NoAnswer, also where there is more than one. Nothing is None."""
    if not stdout.strip():
        return None
    try:
        value: Json = json.loads(stdout)
    except (ValueError, RecursionError) as error:
        raise NoAnswer(str(error)) from error
    return value


def lenient(stdout: bytes) -> Json:
    """Read the value that was meant, with noise before it or behind; raise NoAnswer."""
    try:
        return strict(stdout)
    except NoAnswer:
        lines = stdout.decode("utf-8", "replace").splitlines(keepends=True)
    decoder = json.JSONDecoder()
    for start, line in enumerate(lines):
        if line.lstrip().startswith(("[", "{")):
            try:
                value: Json = decoder.raw_decode("".join(lines[start:]).lstrip())[0]
            except (ValueError, RecursionError):
                continue
            return value
    raise NoAnswer("standard output holds no JSON value")


def versions(value: Json) -> list[dict[str, str]]:
    """The versions in check's answer; raise NoAnswer where it is no list of objects."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise NoAnswer("check answers with a list of versions")
    return [
        {key: item if isinstance(item, str) else json.dumps(item) for key, item in one.items()}
        for one in value
        if isinstance(one, dict)
    ]


def version(value: Json) -> dict[str, str] | None:
    """The version in the answer of in or out; None where there is none."""
    found = value.get("version") if isinstance(value, dict) else None
    return versions([found])[0] if isinstance(found, Mapping) else None


def shape(value: Json) -> Json:
    """*value* without what may differ from run to run: which keys there are, and how many."""
    match value:
        case dict():
            return {key: shape(item) for key, item in value.items()}
        case list():
            return [shape(item) for item in value]
    return type(value).__name__
