"""`check`, `in` and `out`, as Concourse runs them: JSON on standard input, JSON on standard output.

Exit status: 0 done; 1 the type says no; 2 the request or the command line is wrong; 70 a defect of the type,
with its traceback; 130 interrupted; 143 ended by SIGTERM.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from sqnc_resources import streams, surroundings
from sqnc_resources.errors import AnswerError, RequestError
from sqnc_resources.reading import read
from sqnc_resources.request import Request
from sqnc_resources.versions import decode, encode
from sqncshim.exits import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import DataclassInstance

    from sqnc_resources.types import ResourceType

T = TypeVar("T", bound="DataclassInstance")

USAGE: Final = 2
DEFECT: Final = 70  # sysexits.h: an internal software error
INTERRUPTED: Final = 130
EXIT_CODES: Final[Mapping[str, int]] = {
    "sqnc_resources.errors.RequestError": USAGE,
    "sqnc_resources.errors.UnknownTypeError": USAGE,
    "sqnc_resources.errors.ResourceError": 1,
    "sqncshim.git.process.GitError": 1,
}
"""The exit status for each class of error, subclasses included; by name, so that none is imported for it."""


def main(role: str, type_name: str, folder: str | None) -> int:
    """Answer the request on standard input, and return the exit status."""
    return guarded(lambda write: _run(role, type_name, folder, write))


def guarded(work: Callable[[Callable[[bytes], None]], None]) -> int:
    """Do *work*, which calls a type's code, and return the exit status.

    Nothing goes to standard output but what *work* writes, at its end, with the function that it is given.
    """
    answer, process = streams.capture(), os.getpid()

    def write(data: bytes) -> None:
        if os.getpid() != process:
            sys.exit(DEFECT)
        around.write_last(answer, data)

    with surroundings.Surroundings() as around:
        status = _status(lambda: work(write))
        if os.getpid() != process:  # a fork that the type's code let go on: only one process answers
            os._exit(status)
    return status


def _status(run: Callable[[], None]) -> int:
    """Run, and tell people what went wrong."""
    try:
        run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        return _ended(end)
    except Exception as error:  # noqa: BLE001  (the type's code may raise anything)
        code = exit_code(error, EXIT_CODES)
        if code is None:
            _explain_defect(error)
            return DEFECT
        streams.say(f"error: {error}")
        return code
    return 0


def _ended(end: SystemExit) -> int:
    """The status of a type that ended before it answered, which is never 0."""
    if isinstance(end.code, int):
        return end.code or DEFECT
    streams.say(f"error: {end.code or 'the resource type ended without an answer'}")
    return 1


def _explain_defect(error: Exception) -> None:
    import traceback  # noqa: PLC0415  (20 ms that only a defect costs)

    if not isinstance(error, AnswerError):
        streams.say("".join(traceback.format_exception(error)).rstrip())
    streams.say(f"error: a defect of the resource type: {type(error).__name__}: {error}")


def _run(role: str, type_name: str, folder: str | None, write: Callable[[bytes], None]) -> None:
    from sqnc_resources.types import load  # noqa: PLC0415  (nothing of the type before output is safe)

    request = Request.parse(sys.stdin.buffer.read() if sys.stdin else b"")
    kind = load(type_name)
    write(json.dumps(answer(role, kind, request, folder)).encode() + b"\n")


def answer(role: str, kind: ResourceType, request: Request, folder: str | None) -> object:
    """What the protocol answers, as decoded JSON; raise what the type raises, RequestError or AnswerError."""
    return _check(kind, request) if role == "check" else _fetch_or_make(role, kind, request, folder)


def _check(kind: ResourceType, request: Request) -> list[dict[str, str]]:
    source = _read(kind.Source, request.source, "source")
    since = decode(kind.Version, request.version) if request.version else None
    found = kind.check(source, since)
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise AnswerError(f"check answers with a list of versions, not with {found!r}")
    return [_encoded(kind, version) for version in found]


def _fetch_or_make(role: str, kind: ResourceType, request: Request, folder: str | None) -> dict[str, object]:
    place = _folder(role, folder)
    source = _read(kind.Source, request.source, "source")
    if role == "out":
        made = kind.put(source, _read(kind.PutParams, request.params, "params", called="put params"), place)
        return _result(kind, made, None)
    if not request.version:
        raise RequestError("version: expected an object, and it is missing: `in` fetches one version")
    version = decode(kind.Version, request.version)
    params = _read(kind.GetParams, request.params, "params", called="get params")
    return _result(kind, kind.get(source, version, params, place), (version, request.version))


def _read(kind: type[T], value: object, path: str, called: str = "") -> T:
    secrets: list[str] = []
    try:
        return read(kind, value, path, secrets, called=called)
    finally:
        streams.hide(*secrets)


def _folder(role: str, folder: str | None) -> Path:
    from pathlib import Path  # noqa: PLC0415  (check needs none)

    if folder is None:
        raise RequestError(f"{role} needs a folder: sqncshim resource {role} TYPE DIR")
    place = Path(folder).absolute()
    if role == "in":
        place.mkdir(parents=True, exist_ok=True)
    elif not place.is_dir():
        raise RequestError(f"{folder}: there is no such folder: expected the one that holds the inputs")
    return place


def _result(
    kind: ResourceType, result: object, asked: tuple[DataclassInstance, object] | None
) -> dict[str, object]:
    """The answer; a version that was asked for goes back as it came, with keys the type does not know."""
    from sqnc_resources.result import Result  # noqa: PLC0415  (check needs none)

    if not isinstance(result, Result):
        raise AnswerError(f"get and put answer with a Result, not with {result!r}")
    same = asked is not None and result.version == asked[0]
    version = asked[1] if asked and same else _encoded(kind, result.version)
    pairs = result.metadata.items() if isinstance(result.metadata, Mapping) else result.metadata
    return {"version": version, "metadata": [_entry(pair) for pair in pairs]}


def _encoded(kind: ResourceType, version: object) -> dict[str, str]:
    if not isinstance(version, kind.Version):
        raise AnswerError(f"expected a {kind.Version.__name__}, and the type answered with {version!r}")
    return encode(version)


def _entry(given: tuple[str, str] | Mapping[str, str]) -> dict[str, str]:
    entry = dict(given) if isinstance(given, Mapping) else dict(zip(("name", "value"), given, strict=True))
    if not entry.keys() >= {"name", "value"} or not all(isinstance(value, str) for value in entry.values()):
        raise AnswerError(f"metadata {given!r}: expected a name and a value that are strings")
    return {name: streams.masked(value) for name, value in entry.items()}
