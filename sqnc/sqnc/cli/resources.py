"""What `sqnc check`, `get` and `put` have in common: the file and its vars, and the type's log."""

from __future__ import annotations

import getpass
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqnc.interrupts import handling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from actions_compat.masking import Masker
    from sqnc.resources.commands import OpenResource
    from sqnc.resources.programs import Running
    from sqnc_resources.emulator.configuration import Configuration, Object, Version


@dataclass(slots=True)
class Asked:
    """One command: what was given, read, and who gets to know what."""

    name: str
    configuration: Configuration
    given: Mapping[str, Any]
    instance_vars: Object
    secrets: set[str]
    _masker: Masker | None = None
    _running: list[Running] = field(default_factory=list)
    _is_in_line: bool = False

    @classmethod
    def read(cls, name: str, given: Mapping[str, Any]) -> Asked:
        """Read the file and the vars; raise WorkflowError, SourceError, ValueFileError."""
        from sqnc.sources import read_text, shown_name  # noqa: PLC0415  (--help needs no yaml)
        from sqnc_resources.emulator.configuration import read_configuration  # noqa: PLC0415  (as above)
        from sqnc_resources.emulator.vars import Variables  # noqa: PLC0415  (as above)

        text = read_text(given["file"])
        instance_vars = _expanded(given["instance_variables"], "-i")
        variables = Variables((instance_vars, *_layers(given)))
        configuration = read_configuration(text, shown_name(given["file"]), variables)
        return cls(name, configuration, given, instance_vars, set(configuration.used))

    def params(self, texts: Sequence[str], option: str) -> tuple[Object, Object]:
        """Read `KEY=YAML`; return the params with vars as they stand, and with all put in."""
        from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)
        from sqnc_resources.emulator.vars import Interpolation, VarError  # noqa: PLC0415  (as above)

        params = _expanded(texts, option)
        interpolation = Interpolation(self.configuration.variables)
        try:
            filled = interpolation.apply(params)
            interpolation.finish()
        except VarError as error:
            raise ValueFileError(f"{option}: {error}: give vars with -v, -y or -l") from error
        self.secrets |= interpolation.used
        assert isinstance(filled, dict)
        return params, filled

    @contextmanager
    def open(self, *, has_cache: bool = True) -> Iterator[OpenResource]:
        """Run the resource's type in the block; an interrupt ends what runs, a second one all at once."""
        from actions_compat.masking import Masker  # noqa: PLC0415  (as above)
        from sqnc.cli.values import parse_values  # noqa: PLC0415  (as above)
        from sqnc.resources.commands import Order, open_resource  # noqa: PLC0415  (as above)
        from sqnc.resources.programs import Session  # noqa: PLC0415  (as above)
        from sqnc.resources.state import state_folder  # noqa: PLC0415  (as above)
        from sqnc.runtimes import Pull  # noqa: PLC0415  (as above)
        from sqncshim.cache import cache_folder  # noqa: PLC0415  (as above)

        given, state = self.given, state_folder()
        types = _types(given["types"])
        for remark in _doubts(types, self.configuration):
            _say(remark)
        shown = self.secrets if given["reveal"] else _texts(self.instance_vars)
        self._masker = Masker(self.secrets - shown)
        order = Order(
            self.configuration,
            self.name,
            _build(self, state),
            cache_folder(""),
            state,
            given["image"],
            runtime=given["runtime"],
            pull=Pull(given["pull"]),
            types=types,
            has_cache=has_cache,
            timeout_s=_timeout_s(given["timeout"]),
        )
        session = Session(self._log, self._running.append, parse_values(given["env"], "--env"))
        try:
            with _interruptible(self._running), open_resource(order, session, _say) as found:
                yield found
        finally:
            self._show(self._masker.flush() + (b"\n" if self._is_in_line else b""))

    def masked(self, text: str) -> str:
        from actions_compat.masking import Masker  # noqa: PLC0415  (as above)

        return text if self._masker is None else Masker(self._masker.secrets).mask(text)

    def _log(self, data: bytes) -> None:
        assert self._masker is not None
        self._show(self._masker.feed(data))

    def _show(self, data: bytes) -> None:
        if data:
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()
            self._is_in_line = not data.endswith(b"\n")


def parse_version(texts: Sequence[str], option: str = "--version") -> Version | None:
    """Read `KEY=VALUE`, or as `fly` has it `KEY:VALUE`; None for nothing. Raise ValueFileError."""
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)

    found: dict[str, str] = {}
    for text in texts:
        signs = [sign for sign in "=:" if sign in text]
        name, _, value = text.partition(min(signs, key=text.index, default="="))
        if not (signs and name):
            raise ValueFileError(f"{option} {text!r}: expected KEY=VALUE")
        found[name] = value
    return found or None


def _layers(given: Mapping[str, Any]) -> list[Object]:
    """Where vars get their values, the first first: of flags a later one wins, and so it does of files."""
    from sqnc.sources import read_text, shown_name  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.vars import expand  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.yaml_values import read_vars_file  # noqa: PLC0415  (as above)

    pairs = [
        *(_pair(text, "-v") for text in given["variables"]),
        *(_pair(text, "-y", is_yaml=True) for text in given["yaml_variables"]),
    ]
    files = [read_vars_file(read_text(path), shown_name(path)) for path in given["variable_files"]]
    return [expand(pairs), *reversed(files)]


def _expanded(texts: Sequence[str], option: str) -> dict[str, object]:
    from sqnc_resources.emulator.vars import expand  # noqa: PLC0415  (as above)

    return expand(_pair(text, option, is_yaml=True) for text in texts)


def _texts(value: object) -> set[str]:
    """All texts in a value."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()


def _pair(text: str, option: str, *, is_yaml: bool = False) -> Any:
    """Read `a.b=value` into the reference and the value; raise ValueFileError, WorkflowError."""
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.vars import Reference, VarError  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.yaml_values import read_var  # noqa: PLC0415  (as above)

    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueFileError(f"{option} {text!r}: expected NAME={'YAML' if is_yaml else 'VALUE'}")
    try:
        reference = Reference.parse(name)
    except VarError as error:
        raise ValueFileError(f"{option} {text!r}: {error}") from error
    return reference, read_var(value, f"{option} {name}") if is_yaml else value


def _types(texts: Sequence[str]) -> dict[str, str]:
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)
    from sqnc.resources.kinds import PythonFile, Scripts, parse_place  # noqa: PLC0415  (as above)

    found: dict[str, str] = {}
    for text in texts:
        name, equals, place = text.partition("=")
        if not (name and equals and place):
            raise ValueFileError(f"--type {text!r}: expected TYPE=IMAGE, TYPE=./FOLDER or TYPE=FILE.py")
        match parse_place(place, Path()):
            case Scripts(folder=path) if not path.is_dir():
                raise ValueFileError(f"--type {text}: there is no folder {path}")
            case PythonFile(path=path) if not path.is_file():
                raise ValueFileError(f"--type {text}: there is no file {path}")
        found[name] = place
    return found


def _doubts(types: Mapping[str, str], configuration: Configuration) -> Iterator[str]:
    """What is allowed, as SQNC_TYPE may serve many files, and yet is often a mistake."""
    from sqnc.resources.kinds import ImageKind, parse_place  # noqa: PLC0415  (as above)
    from sqncshim.json_reader import near  # noqa: PLC0415  (as above)

    used = {entry.type for entry in configuration.resources.values()}
    used |= {entry.type for entry in configuration.types.values()}
    for name, place in types.items():
        if name not in used:
            yield f"--type {name}={place}: nothing in {configuration.file} has this type: {near(name, used)}"
        if isinstance(parse_place(place, Path()), ImageKind) and Path(place).is_dir():
            yield f"--type {name}={place}: this is an image; the folder would be {name}=./{place}"


def _timeout_s(text: str | None) -> float | None:
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)
    from sqnc_resources.durations import Duration  # noqa: PLC0415  (as above)

    try:
        found = None if text is None else Duration.parse(text).seconds
    except ValueError as error:
        raise ValueFileError(f"--timeout: {error}") from error
    if found is not None and found <= 0:
        raise ValueFileError(f"--timeout {text}: expected more than nothing; without it there is no limit")
    return found


def _build(asked: Asked, state: Path) -> Any:
    """A build in a pipeline called as the file, on a Concourse as it is by default."""
    from sqnc.resources.histories import StateError  # noqa: PLC0415  (as above)
    from sqnc.resources.state import next_build  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.build import Build  # noqa: PLC0415  (as above)

    try:
        number = next_build(state)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}: set SQNC_STATE to a folder that can be written to"
        raise StateError(message) from error
    resource = asked.configuration.resources.get(asked.name)
    return Build(
        id=number,
        name=str(number),
        team_id=1,
        team_name="main",
        pipeline_id=1,
        instance_vars=asked.instance_vars or None,
        pipeline_name=Path(asked.configuration.file).stem.strip("<>"),
        external_url="http://127.0.0.1:8080",
        created_by=_user() if resource and resource.expose_build_created_by else "",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return ""


def _say(line: str) -> None:
    click.echo(line, err=True)


def _interruptible(running: Sequence[Running]) -> AbstractContextManager[None]:
    """Let SIGINT and SIGTERM end the program that runs, in good order; a second one ends this process."""
    asked: list[bool] = []

    def interrupt() -> None:
        if asked or not running or running[-1].is_over:
            raise KeyboardInterrupt
        asked.append(True)
        threading.Thread(target=running[-1].end).start()  # what it writes to has a lock

    return handling(interrupt)
