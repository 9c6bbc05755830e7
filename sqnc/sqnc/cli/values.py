"""Values from the command line: NAME=VALUE, NAME from the environment, and files of such lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ValueFileError(Exception):
    """A value or a file of values cannot be read; the message says where and what was expected."""


def parse_values(given: Iterable[str], option: str) -> dict[str, str]:
    """Read `NAME=VALUE`; `NAME` alone takes the environment's value. Raise ValueFileError."""
    found: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not name:
            raise ValueFileError(f"{option} {item!r}: expected NAME=VALUE")
        if not equals:
            if name not in os.environ:
                raise ValueFileError(
                    f"{option} {name}: there is no such environment variable: set it, or give {name}=VALUE"
                )
            value = os.environ[name]
        found[name] = value
    return found


def parse_platforms(given: Iterable[str]) -> dict[str, str]:
    """Read `LABEL=IMAGE`; raise ValueFileError."""
    found: dict[str, str] = {}
    for item in given:
        label, _, image = item.partition("=")
        if not label or not image:
            raise ValueFileError(
                f"--platform {item!r}: expected LABEL=IMAGE, such as ubuntu-latest=python:3.12"
            )
        found[label] = image
    return found


def read_values(path: str) -> dict[str, str]:
    """Read a file of NAME=VALUE lines; blank lines and `#` comments are skipped, quotes are taken off."""
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueFileError(f"{path}: {getattr(error, 'strerror', error)}") from error
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip().removeprefix("export ")
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        if not equals or not name.strip():
            raise ValueFileError(f"{path}:{number}: {entry!r}: expected NAME=VALUE")
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace("\\n", "\n").replace('\\"', '"')
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    return value
