"""The mock resource type: it answers what it is told to, and needs nothing from outside.

It does what the mock resource of Concourse does, with the same keys, files and messages, so that pipelines
and engines can be tried without a network. A path in `create_files` that leads out of the folder is refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.durations import Duration
from sqnc_resources.errors import ResourceError
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqnc_resources.result import Result

INITIAL_VERSION: Final = "mock"
MIRRORED: Final = "MIRRORED_VERSION"
"""The variable by which an image that mirrors this one knows its version."""
_NOT_MIRRORED: Final = frozenset({"/tmp", "/dev", "/proc", "/sys", "/.sqnc"})  # noqa: S108  (a name, not a place to write)
"""What is no part of an image: made, and left empty. The last is where the bundle is mounted."""
_PLACEHOLDERS: Final = {"START_VAR": "((", "END_VAR": "))"}


@dataclass(frozen=True, slots=True)
class MetadataField:
    """One line of metadata."""

    name: str = ""
    """What people see it called."""
    value: str = ""
    """What it says."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the mock answers; every key is optional."""

    mirror_self: bool = False
    """Whether `get` makes an image of itself (`rootfs/`, `metadata.json`), for a task's `image_resource`."""
    initial_version: str = ""
    """The version of the first `check`: else the variable `MIRRORED_VERSION`, else `mock`."""
    no_initial_version: bool = False
    """Whether the first `check` finds no version, as where something is yet to happen."""
    force_version: str = ""
    """The version of each `check`, whatever was there before."""
    create_files: Mapping[str, object] | None = None
    """Files that `get` makes, by their path. A text is written as it is, anything else as JSON; `START_VAR`
    and `END_VAR` become `((` and `))`, which a pipeline's own text cannot hold."""
    check_delay: Duration | None = None
    """How long `check` takes, such as `10s`."""
    check_failure: str = ""
    """A message with which each `check` fails."""
    metadata: tuple[MetadataField, ...] = ()
    """The metadata of each get and put."""
    log: str = ""
    """A line that each action writes."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version that somebody named."""

    version: str = ""
    """Any text."""
    privileged: str | None = None
    """`true` where the container is a privileged one; otherwise the key is absent."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """What to fetch besides what the source says."""

    mirror_self_via_params: bool = False
    """As `mirror_self` in the source."""
    create_files_via_params: Mapping[str, object] | None = None
    """More files, as `create_files` in the source; those of the same path are replaced."""


@dataclass(frozen=True, slots=True)
class PutParams:
    """The version to make: one of `version` and `file`."""

    version: str = ""
    """The version; it counts where both are given."""
    file: str = ""
    """A file among the inputs, the whole text of which is the version."""
    print_env: bool = False
    """Whether to write the environment's variables to standard error."""


def check(source: Source, since: Version | None) -> list[Version]:
    _log(source)
    if source.check_delay is not None:
        from time import sleep  # noqa: PLC0415  (a check without a delay needs none)

        sleep(max(source.check_delay.seconds, 0))
    if source.check_failure:
        raise ResourceError(f"intentionally failing to check: {source.check_failure}")
    privileged = _privileged()
    return [_version(text, privileged=privileged) for text in _found(source, since)]


def _found(source: Source, since: Version | None) -> Iterator[str]:
    if source.force_version:
        yield source.force_version
    elif since is not None:
        yield since.version
    elif not source.no_initial_version:
        yield source.initial_version or os.environ.get(MIRRORED) or INITIAL_VERSION


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    _log(source)
    privileged = _privileged()
    if privileged:
        say("fetching in a privileged container")
    say(f"fetching version: {version.version}")
    _write(folder / "privileged", "true\n" if privileged else "false\n")
    _write(folder / "version", f"{version.version}\n")
    if source.mirror_self or params.mirror_self_via_params:
        say(f"mirroring self image via_params={'true' if params.mirror_self_via_params else 'false'}")
        _mirror(str(folder / "rootfs"), str(folder), "/")
        image = {"env": [f"{MIRRORED}={version.version}"], "user": "root"}
        _write(folder / "metadata.json", f"{_json(image)}\n")
    files = {**(source.create_files or {}), **(params.create_files_via_params or {})}
    for path, content in files.items():
        _create(folder, path, content)
    return _result(version, source)


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    _log(source)
    if not params.version and not params.file:
        raise ResourceError("no version specified: params need `version` or `file`")
    text = params.version or _read(folder, params.file)
    privileged = _privileged()
    if privileged:
        say("pushing in a privileged container")
    say(f"pushing version: {text}")
    if params.print_env:
        say(*(f"env: {name}={value}" for name, value in os.environ.items()))
    return _result(_version(text, privileged=privileged), source)


def _log(source: Source) -> None:
    if source.log:
        say(source.log)


def _version(text: str, *, privileged: bool) -> Version:
    return Version(text, "true" if privileged else None)


def _result(version: Version, source: Source) -> Result[Version]:
    from sqnc_resources.result import Result  # noqa: PLC0415  (check needs none)

    return Result(version, tuple((field.name, field.value) for field in source.metadata))


def _privileged() -> bool:
    """Whether root in here is root outside, as in a privileged container: no user namespace is between."""
    try:
        with open("/proc/self/uid_map") as file:
            ranges = [line.split() for line in file]
    except OSError as error:
        raise ResourceError(f"could not check privilege: {error}") from error
    return any(found[:2] == ["0", "0"] for found in ranges)


def _read(folder: Path, file: str) -> str:
    from sqnc_resources.inputs import path_in  # noqa: PLC0415  (only a put with a file needs it)

    try:
        with open(path_in(folder, file), "rb") as opened:
            return opened.read().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(f"error reading version from file {file}: {error}") from error


def _create(folder: Path, path: str, content: object) -> None:
    place = os.path.normpath(f"{folder}/{path}")
    if not place.startswith(f"{folder}/"):
        raise ResourceError(f"create_files: {path}: expected a path inside the folder")
    text = content if isinstance(content, str) else _json(content)
    for word, sign in _PLACEHOLDERS.items():
        text = text.replace(word, sign)
    _write(folder / place, text)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    except OSError as error:
        raise ResourceError(f"failed to write to file '{file}': {error}") from error


def _json(value: object) -> str:
    """As Go writes it, whose files these would be."""
    from sqnc_resources.emulator.go_json import encode  # noqa: PLC0415  (only a get may need it)

    return encode(value)


def _mirror(target: str, folder: str, source: str) -> None:
    """Copy the tree at *source* to *target*, which lies in *folder*, without *folder* itself."""
    os.makedirs(target, exist_ok=True)
    with os.scandir(source) as found:
        entries = list(found)
    for entry in entries:
        copy = f"{target}/{entry.name}"
        if entry.path in _NOT_MIRRORED or entry.path == folder:
            os.makedirs(copy, mode=entry.stat().st_mode & 0o7777, exist_ok=True)
        elif folder.startswith(f"{entry.path}/"):
            _mirror(copy, folder, entry.path)
        else:
            _copy(entry.path, copy)


def _copy(source: str, copy: str) -> None:
    import subprocess  # noqa: PLC0415  (only a get may need it)

    command = ["cp", "-a", source, copy]  # keeps owners, links and devices, which no function of ours does
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ResourceError(f"failed to copy from {source} to {copy}: {error}") from error
