"""A path to values in a JSON document, written as jq writes it: `.items[0].name`, `.["a key"]`, `.[].id`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP: Final = re.compile(
    r"""\s*(?:\|\s*)?(?:
        \.?\[\s*(?:(?P<index>-?\d+)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<each>))\s*\]
      | \.(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | \.(?P<text>"(?:[^"\\]|\\.)*")
      | (?P<all>\.)(?=\s*(?:\||$|\[))
    )\s*""",
    re.VERBOSE,
)

Step = str | int | None
"""A key, an index, or None for every element."""


class JsonPath:
    """A path; `[]` in it stands for every element of a list."""

    __slots__ = ("_steps", "_text")

    def __init__(self, text: str, steps: tuple[Step, ...]) -> None:
        self._text = text
        self._steps = steps

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what jq may understand and this does not."""
        steps, place = [], 0
        while place < len(text) or not place:
            found = _STEP.match(text, place)
            if found is None or found.end() == place:
                raise ValueError(
                    f'expected a path such as .tag_name, .items[0].id, .["a key"] or .[].id, got `{text}`'
                )
            steps += _steps(found)
            place = found.end()
        return cls(text, tuple(steps))

    def find(self, document: object) -> list[object]:
        """The values at this path, in order; none where the document has no such place."""
        values = [document]
        for step in self._steps:
            values = [found for value in values for found in _into(value, step)]
        return values

    def __str__(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return self._steps == other._steps if isinstance(other, JsonPath) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._steps)


def _steps(found: re.Match[str]) -> list[Step]:
    import json  # noqa: PLC0415  (the program has imported it)

    if found["all"] is not None:
        return []
    if found["index"] is not None:
        return [int(found["index"])]
    if found["each"] is not None:
        return [None]
    quoted = found["quoted"] or found["text"]
    return [found["name"] if quoted is None else str(json.loads(quoted))]


def _into(value: object, step: Step) -> Iterator[object]:
    if step is None:
        if isinstance(value, dict | list):
            yield from value.values() if isinstance(value, dict) else value
    elif isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield value[step]
    elif isinstance(value, list) and -len(value) <= step < len(value):
        yield value[step]
