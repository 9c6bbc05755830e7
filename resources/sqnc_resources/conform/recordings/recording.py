"""Exchanges in a file of JSON: what was asked, and what was answered, each without secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from actions_compat.masking import Masker

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Exchange: TypeAlias = Mapping[str, Mapping[str, Json]]
"""`request` and `response`, both of JSON; requests that are equal get their answers one after the other."""

_ADVICE: Final = "record it anew: pytest --resource-record, where what it stands for can be reached"


class RecordingError(Exception):
    """There is no recording, it cannot be read, or something was asked that it does not hold."""


@dataclass(slots=True)
class Recording:
    """The exchanges in *file*, which are found, or with `add` made, one by one, from any thread.

    places: texts that differ from run to run, such as an address or a temporary folder, by the names that
    stand for them in the file, between braces.
    """

    file: Path
    secrets: Sequence[str] = ()
    places: dict[str, str] = field(default_factory=dict)
    _exchanges: list[Exchange] = field(default_factory=list)
    _asked: dict[str, int] = field(default_factory=dict)
    _misses: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def read(self) -> None:
        """Read the file; raise RecordingError."""
        try:
            self._exchanges = json.loads(self.file.read_text("utf-8"))["exchanges"]
        except FileNotFoundError as error:
            raise RecordingError(f"{self.file}: there is no such recording; {_ADVICE}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{self.file}: it is no recording ({error}); {_ADVICE}") from error

    def write(self) -> None:
        """Write the file, and the folders above it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"exchanges": self._exchanges}, indent=2, ensure_ascii=False)
        self.file.write_text(f"{text}\n", "utf-8")

    def add(self, request: Mapping[str, Json], response: Mapping[str, Json]) -> None:
        """Keep an exchange, without secrets."""
        with self._lock:
            self._exchanges.append({"request": self.told(request), "response": self.told(response)})

    def find(self, request: Mapping[str, Json]) -> Mapping[str, Json] | None:
        """Return what *request* was answered with, the last of several answers again and again; else None."""
        wanted = self.told(request)
        key = json.dumps(wanted, sort_keys=True)
        with self._lock:
            answers = [one["response"] for one in self._exchanges if one["request"] == wanted]
            if not answers:
                self._misses.append(key)
                return None
            place = self._asked.get(key, 0)
            self._asked[key] = place + 1
        found = _replaced(answers[min(place, len(answers) - 1)], self._filled, lambda data: data)
        assert isinstance(found, Mapping)
        return found

    def demand_all_found(self) -> None:
        """Raise RecordingError where `find` did not find something."""
        if self._misses:
            known = sorted({json.dumps(one["request"], sort_keys=True) for one in self._exchanges})
            raise RecordingError(
                f"{self.file}: {self._misses[0]} was asked, which is not in it; it holds {_listed(known)}; "
                f"{_ADVICE}"
            )

    def told(self, part: Mapping[str, Json]) -> Mapping[str, Json]:
        """*part* as the file has it."""
        found = _replaced(part, self._masked, self._masked_bytes)
        assert isinstance(found, Mapping)
        return found

    def _masked(self, text: str) -> str:
        for name, place in sorted(self.places.items(), key=lambda item: -len(item[1])):
            text = text.replace(place, f"{{{name}}}")
        return Masker(self.secrets).mask(text)

    def _masked_bytes(self, data: bytes) -> bytes:
        masker = Masker(self.secrets)
        return masker.feed(data) + masker.flush()

    def _filled(self, text: str) -> str:
        for name, place in self.places.items():
            text = text.replace(f"{{{name}}}", place)
        return text


def to_json(data: bytes) -> Json:
    """Bytes in JSON: a text where they are one, else in Base64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def from_json(value: Json) -> bytes:
    """What `to_json` was given; raise RecordingError."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Mapping) and isinstance(text := value.get("base64"), str):
        return base64.b64decode(text)
    raise RecordingError(f"expected a text or base64 in the recording, got {value!r}")


def _replaced(value: Json, change: Callable[[str], str], change_bytes: Callable[[bytes], bytes]) -> Json:
    """*value* with each text and, in Base64, each other content changed."""
    match value:
        case str():
            return change(value)
        case {"base64": str()}:
            return to_json(change_bytes(from_json(value)))
        case Mapping():
            return {change(name): _replaced(item, change, change_bytes) for name, item in value.items()}
        case list() | tuple():
            return [_replaced(item, change, change_bytes) for item in value]
    return value


def _listed(texts: Iterable[str]) -> str:
    shown = list(texts)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more if shown else "nothing"
