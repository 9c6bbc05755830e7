"""The file in which an author says how to judge a type.

It is `conform.yml`, `conform.yaml` or `conform.json` beside the programs. `((vars))` in it come from the
command line, `((env:NAME))` from the environment, and `((.:folder))` is a folder that lives as long as the
judgement, filled by the commands in `before`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from actions_compat.nodes import WorkflowError
from sqnc_resources.conform.executor import CHECK, ROLES
from sqnc_resources.conform.folders import write_tree
from sqnc_resources.conform.scenario import Put, Scenario, ScenarioError, Slow, Version, find_secrets
from sqnc_resources.emulator.vars import VarError, Variables, interpolate
from sqnc_resources.emulator.yaml_values import Values, read_tree
from sqncshim.json_reader import DocumentError, JsonObject, expected, kind_of

NAMES: Final = ("conform.yml", "conform.yaml", "conform.json")
KEYS: Final = frozenset(
    {
        "any_value",
        "before",
        "big_integer",
        "env",
        "get",
        "old_versions",
        "put",
        "secrets",
        "slow",
        "source",
        "unknown_version",
        "versions",
    }
)


def find_beside(place: str) -> Path | None:
    """Find the scenario in the folder of a type, or beside its Python file; None where there is none."""
    folder = Path(place.partition(":")[0])
    folder = folder.parent if folder.suffix == ".py" else folder
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_scenario(file: Path, scratch: Path, values: Mapping[str, object] | None = None) -> Scenario:
    """Read *file*, with *values* for its vars, and run its `before` in *scratch*. Raise ScenarioError."""
    try:
        tree = read_tree(file.read_text("utf-8"), str(file))
        document = None if tree is None else Values().value(tree)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    except WorkflowError as error:
        raise ScenarioError(str(error)) from error
    return make_scenario(document, str(file), scratch, values)


def make_scenario(
    document: object, name: str, scratch: Path, values: Mapping[str, object] | None = None
) -> Scenario:
    """Read the decoded *document*, as `read_scenario` does; *name* is where its errors say they are."""
    filled = _interpolated(document, name, scratch, values or {})
    try:
        return _Reader(JsonObject({} if filled is None else filled, ""), name, scratch).read()
    except DocumentError as error:
        raise ScenarioError(f"{name}: {error}") from error


def _interpolated(document: object, name: str, scratch: Path, values: Mapping[str, object]) -> object:
    sources = {"env": os.environ, ".": {"folder": str(scratch)}}
    try:
        return interpolate(document, Variables((values,), sources))
    except VarError as error:
        advice = "give -v NAME=VALUE, or set the variable that ((env:NAME)) names"
        raise ScenarioError(f"{name}: {error}: {advice}") from error


class _Reader:
    """Reads the decoded document; raises DocumentError and ScenarioError."""

    def __init__(self, document: JsonObject, name: str, scratch: Path) -> None:
        self._document = document
        self._name = name
        self._scratch = scratch

    def read(self) -> Scenario:
        self._document.only(KEYS)
        self._prepare(self._value("before"))
        source = _object(self._value("source"), "source")
        unknown = self._value("unknown_version")
        get = JsonObject(_object(self._value("get"), "get"), "get")
        get.only({"any_version", "params", "varying"})
        return Scenario(
            source=source,
            env={key: str(value) for key, value in _object(self._value("env"), "env").items()},
            versions=_versions(self._value("versions"), "versions"),
            old_versions=_versions(self._value("old_versions"), "old_versions"),
            unknown_version=_version(unknown, "unknown_version") if unknown else None,
            every_version=unknown is False,
            gets_every_version=get.flag("any_version"),
            get_params=_object(get.get("params", None), "get.params"),
            varying=_texts(get.get("varying", None), "get.varying"),
            put=self._put(self._value("put")),
            any_value=frozenset(_texts(self._value("any_value"), "any_value")),
            big_integer=_big_integer(self._value("big_integer")),
            slow=_slow(self._value("slow")),
            secrets=tuple(find_secrets(source, _texts(self._value("secrets"), "secrets"))),
            is_given=True,
        )

    def _value(self, key: str) -> object:
        return self._document.get(key, None)

    def _prepare(self, script: object) -> None:
        """Run the commands that make what the source names, in a shell, in the scenario's folder."""
        if script is None:
            return
        if not isinstance(script, str):
            raise expected("before", "a text of shell commands", script)
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", script], cwd=self._scratch, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ScenarioError(f"{self._name}: before: exit status {done.returncode}: {said}")

    def _put(self, value: object) -> Put | None:
        if value is None or value is False:
            return None
        put = JsonObject(value, "put")
        put.only({"params", "inputs"})
        return Put(_object(put.get("params", None), "put.params"), self._inputs(put.get("inputs", None)))

    def _inputs(self, value: object) -> Path | None:
        """A folder, relative to the scenario's file; or a dict-shaped one, written down."""
        if value is None:
            return None
        if isinstance(value, str):
            folder = Path(self._name).absolute().parent / value
            if not folder.is_dir():
                raise DocumentError("put.inputs", f"{folder}: there is no such folder")
            return folder
        folder = self._scratch / "put.inputs"
        try:
            write_tree(folder, _object(value, "put.inputs"))
        except ValueError as error:
            raise DocumentError("put.inputs", str(error)) from error
        return folder


def _object(value: object, path: str) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise expected(path, "an object", value)
    return value


def _texts(value: object, path: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise expected(path, "a list of texts", value)
    return tuple(value)


def _versions(value: object, path: str) -> tuple[Version, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise expected(path, "a list of versions, oldest first", value)
    return tuple(_version(item, f"{path}[{place}]") for place, item in enumerate(value))


def _version(value: object, path: str) -> Version:
    found = _object(value, path)
    if not found or not all(isinstance(text, str) for text in found.values()):
        raise DocumentError(
            path, "expected an object of texts: a version's values are strings, so quote them"
        )
    return {name: str(text) for name, text in found.items()}


def _big_integer(value: object) -> str:
    if value is None:
        return ""
    part, dot, _ = str(value).partition(".")
    if not dot or part not in {"source", "params"}:
        got = value if isinstance(value, str) else kind_of(value)
        raise DocumentError("big_integer", f"expected the path of a key, such as source.size, got {got}")
    return str(value)


def _slow(value: object) -> Slow | None:
    if value is None:
        return None
    found = JsonObject(value, "slow")
    found.only({"role", "source", "version", "params"})
    role = found.text("role", CHECK)
    if role not in ROLES:
        raise DocumentError("slow.role", f"expected one of {', '.join(ROLES)}, got {role}")
    request = {key: found.get(key, None) for key in ("source", "version", "params") if key in found}
    return Slow(role, request)
