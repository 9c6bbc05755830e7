"""A resource type whose work is done by three programs in any language, such as shell scripts.

    check, get, put = scripts(__file__, Version)

runs `check.sh`, `get.sh FOLDER` and `put.sh FOLDER`, which lie beside that file. The request is read and
checked first; a program finds each key in a variable: `SOURCE_URI`, `VERSION_REF`, `PARAMS_DEPTH`. A key that
is None is not set; a list of texts has a line for each; anything deeper is JSON.

A program answers on descriptor 3, as steps of GitHub's do in GITHUB_OUTPUT: `ref=1a2b3c` in a line, or
`ref<<END`, lines, `END`. What it prints elsewhere goes to standard error. `check` writes all versions, one
after the other, each beginning with the key that Version declares first. `get` and `put` write one version
(`get` may leave it out: it is the one that was asked for), and metadata: all names that are no key of it.
"""

from __future__ import annotations

import json
import os
import signal
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqnc_resources.errors import AnswerError, RequestError, ResourceError
from sqnc_resources.keys import Secret, keys, names
from sqnc_resources.result import Result
from sqnc_resources.versions import decode
from sqncshim.json_reader import near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from _typeshed import DataclassInstance

V = TypeVar("V", bound="DataclassInstance")

if TYPE_CHECKING:
    Check: TypeAlias = Callable[[Any, V | None], list[V]]
    Get: TypeAlias = Callable[[Any, V, Any, Path], Result[V]]
    Put: TypeAlias = Callable[[Any, Any, Path], Result[V]]

ANSWER: Final = 3
"""The descriptor that programs answer on."""


def scripts(beside: str, version: type[V]) -> tuple[Check[V], Get[V], Put[V]]:
    """The functions of a type whose programs lie *beside* this file, and whose versions are of this kind."""
    own = _Scripts(os.path.dirname(os.path.abspath(beside)), version)
    return own.check, own.get, own.put


class _Scripts(Generic[V]):
    """Three programs in one folder."""

    def __init__(self, folder: str, version: type[V]) -> None:
        self._folder = folder
        self._version = version
        self._keys = frozenset(keys(version))

    def check(self, source: Any, since: V | None) -> list[V]:
        pairs = self._run("check", {"source": source, "version": since})
        return [self._decoded("check", found) for found in self._versions(pairs)]

    def get(self, source: Any, version: V, params: Any, folder: Path) -> Result[V]:
        parts = {"source": source, "version": version, "params": params}
        found, metadata = self._answer(self._run("get", parts, str(folder)))
        return Result(self._decoded("get", found) if found else version, metadata)

    def put(self, source: Any, params: Any, folder: Path) -> Result[V]:
        parts = {"source": source, "version": None, "params": params}
        found, metadata = self._answer(self._run("put", parts, str(folder)))
        return Result(self._decoded("put", found), metadata)

    def _run(self, role: str, parts: dict[str, Any], *arguments: str) -> list[tuple[str, str]]:
        from actions_compat.file_commands import FileCommandError, parse_env  # noqa: PLC0415  (after the program)

        script = os.path.join(self._folder, f"{role}.sh")
        answer = _run([script, *arguments], self._environment(parts))
        try:
            return parse_env(answer)
        except FileCommandError as error:
            raise _bad(role, str(error)) from error

    def _environment(self, parts: dict[str, Any]) -> dict[str, str]:
        """This process's variables, and one for each key; none that only looks like one of these."""
        known = {"version": self._version} | {part: type(of) for part, of in parts.items() if of is not None}
        declared = {_variable(part, name) for part, kind in known.items() for name in keys(kind)}
        given = {
            name: value
            for part, of in parts.items()
            if of is not None
            for name, value in _variables(part, of)
        }
        return {name: value for name, value in os.environ.items() if name not in declared} | given

    def _versions(self, pairs: list[tuple[str, str]]) -> Iterator[dict[str, str]]:
        first = names(fields(self._version)[0])[0]
        found: dict[str, str] = {}
        for name, value in pairs:
            if name == first and found:
                yield found
                found = {}
            if name not in self._keys:
                raise _bad("check", f"{name}: unknown key, {near(name, self._keys)}")
            if not found and name != first:
                raise _bad("check", f"{name}: expected `{first}=` first: that is where a version begins")
            found[name] = value
        if found:
            yield found

    def _answer(self, pairs: list[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The keys of the version, and metadata."""
        version = {name: value for name, value in pairs if name in self._keys}
        return version, [(name, value) for name, value in pairs if name not in self._keys]

    def _decoded(self, role: str, found: dict[str, str]) -> V:
        try:
            return decode(self._version, found)
        except RequestError as error:
            raise _bad(role, str(error)) from error


def _bad(role: str, problem: str) -> AnswerError:
    return AnswerError(f"{role}.sh, descriptor {ANSWER}: {problem}")


def _run(command: list[str], environment: dict[str, str]) -> bytes:
    """Run a program to its end, and return what it wrote on ANSWER."""
    answer = _file()
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(_start(command, environment, answer), 0)[1])
        os.lseek(answer, 0, os.SEEK_SET)
        with os.fdopen(answer, "rb", closefd=False) as file:
            data = file.read()
    finally:
        os.close(answer)
    if status:
        how = f"exit status {status}" if status > 0 else signal.Signals(-status).name
        raise ResourceError(f"{os.path.basename(command[0])}: {how}")
    return data


def _start(command: list[str], environment: dict[str, str], answer: int) -> int:
    """Start a program with nothing to read; standard output is standard error here, and stays it."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, answer, ANSWER)]
    try:
        return os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=actions,
            setsigdef=[signal.SIGPIPE],  # which Python ignores, and programs must not
        )
    except OSError as error:
        hint = "expected a first line such as #!/bin/sh, an interpreter that is there, and `chmod +x`"
        raise AnswerError(f"{command[0]} does not start: {error.strerror}: {hint}") from error


def _file() -> int:
    """A descriptor for an answer, above ANSWER; a file, so that no process can keep us waiting at its end."""
    import fcntl  # noqa: PLC0415  (as tempfile)

    if hasattr(os, "memfd_create"):
        made = os.memfd_create("answer")
    else:
        from tempfile import TemporaryFile  # noqa: PLC0415  (only where memory has no files)

        with TemporaryFile() as file:
            made = os.dup(file.fileno())
    try:
        return fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, ANSWER + 1)
    finally:
        os.close(made)


def _variables(part: str, of: DataclassInstance) -> Iterator[tuple[str, str]]:
    for declared in dict.fromkeys(keys(type(of)).values()):
        value = getattr(of, declared.name)
        if value is None:
            continue
        name = names(declared)[0]
        text = _text(value, f"{part}.{name}")
        if "\0" in text:
            raise RequestError(f"{part}.{name}: holds a NUL character, which no variable can")
        yield _variable(part, name), text


def _variable(part: str, name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in f"{part}_{name}").upper()


def _text(value: object, path: str) -> str:
    plain = _plain(value)
    if isinstance(plain, str):
        return plain
    if not isinstance(plain, list) or any(isinstance(item, list | dict) for item in plain):
        return json.dumps(plain)
    lines = [item if isinstance(item, str) else json.dumps(item) for item in plain]
    if any("\n" in line for line in lines):
        raise RequestError(f"{path}: an item holds a line break, and this type takes an item a line")
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    """*value* as JSON has it, secrets revealed."""
    if hasattr(type(value), "parse"):  # it has a text form, whatever else it is
        return str(value)
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Secret():
            return value.reveal()
        case tuple() | list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
    declared = dict.fromkeys(keys(type(value)).values())
    return {names(one)[0]: _plain(getattr(value, one.name)) for one in declared}
