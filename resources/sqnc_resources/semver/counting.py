"""Reads, bumps and sets the number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.result import Result
from sqnc_resources.semver.drivers import content, history, open_files, path, place
from sqnc_resources.semver.number import Number
from sqnc_resources.semver.values import GetParams, PutParams, Source, Version
from sqnc_resources.shared.files import Change
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqnc_resources.shared.files import Snapshot


def check(source: Source, since: Version | None) -> Sequence[Version]:
    """Return the number that is there, after those since *since* where the driver still has them."""
    with open_files(source) as files:
        now = files.snapshot()
        current = _current(source, now)
        if since is None or since.number >= current or not now.read(path(source)):
            return [Version(current)]
        earlier = [*_from(since.number, history(source, files))]
        return [*map(Version, reversed(earlier)), Version(current)]


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Write the number, bumped as *params* say."""
    del source
    bumped = version.number.bumped(params)
    if bumped != version.number:
        say(f"bumped locally from {version.number} to {bumped}")
    try:
        for name in ("number", "version"):
            (folder / name).write_text(str(bumped))
    except OSError as error:
        raise ResourceError(f"{error.filename or folder}: {error.strerror}") from error
    return _result(version.number)


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Set or bump the number; raise ResourceError."""
    if params.get_latest:
        return _result(check(source, None)[0].number)
    given = _read(folder, params.file) if params.file else None

    def decide(now: Snapshot) -> Change[Number]:
        number = given or _current(source, now).bumped(params)
        written = content(source, number)
        if now.read(path(source)) == written:
            say("Nothing to commit, skipping version push")
            return Change({}, "", number)
        return Change({path(source): written}, _message(source, number), number)

    from sqnc_resources.shared.update import update  # noqa: PLC0415  (check and get need none of it)

    with open_files(source) as files:
        return _result(update(files, decide).result)


def _current(source: Source, now: Snapshot) -> Number:
    held = now.read(path(source)) or b""
    if not held.strip():
        return source.initial_version
    return _number(held, place(source))


def _from(since: Number, earlier: Iterator[bytes]) -> Iterator[Number]:
    """Yield the numbers before the current one, newest first, down to *since*; what is no number is none."""
    next(earlier, None)  # the current one
    for held in earlier:
        try:
            number = _number(held, "")
        except ResourceError:
            continue
        if number < since:
            return
        yield number


def _read(folder: Path, file: str) -> Number:
    from sqnc_resources.inputs import read_text  # noqa: PLC0415  (check and get need none of it)

    return _number(read_text(folder, file).encode(), f"params.file: {file}")


def _number(content: bytes, place: str) -> Number:
    """The first word of a file."""
    words = content.decode(errors="replace").split()
    try:
        return Number.parse(words[0] if words else "")
    except ValueError as error:
        raise ResourceError(f"{place}: {error}") from error


def _message(source: Source, number: Number) -> str:
    message = source.commit_message or "bump to %version%"
    return message.replace("%version%", str(number)).replace("%file%", source.file)


def _result(number: Number) -> Result[Version]:
    return Result(Version(number), {"number": str(number)})
