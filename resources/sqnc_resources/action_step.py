"""A resource type as a step on GitHub: its keys are in `INPUT_` variables, its answer goes to outputs.

Every secret is masked with `::add-mask::` before the type's code runs. While that runs, the runner obeys
nothing that is printed: it may be a stranger's commit message. What the type says no with is an annotation.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from actions_compat.commands import format_command
from sqnc_resources import program, texts
from sqnc_resources.action_file import default_folder, input_keys, output_keys, variable
from sqnc_resources.direct import use
from sqnc_resources.errors import RequestError
from sqnc_resources.flat import request_of
from sqnc_resources.reading import read
from sqnc_resources.streams import say
from sqncshim.exits import exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqnc_resources.types import ResourceType

_OUTPUT: Final = "GITHUB_OUTPUT"


def run(title: str, kind: ResourceType, action: str) -> int:
    """Do *action* (check, get or put) of *kind*, and return the exit status."""
    return program.guarded(lambda _write: _annotated(title, kind, action))


def _annotated(title: str, kind: ResourceType, action: str) -> None:
    try:
        _step(title, kind, action)
    except Exception as error:
        code = exit_code(error, program.EXIT_CODES)
        if code is None:
            raise
        say(format_command("error", {"title": f"{title} {action}"}, str(error)))
        raise SystemExit(code) from error


def _step(title: str, kind: ResourceType, action: str) -> None:
    if not os.environ.get(_OUTPUT):
        raise RequestError(
            f"{_OUTPUT} is not set: this is a step of a workflow; by hand, it is `resource run`"
        )
    parts = request_of(
        (key, texts.value_of(key.kind, text, key.flat))
        for key in input_keys(kind, action)
        if (text := _input(key.flat)).strip()
    )
    for secret in _secrets(kind, action, parts):
        say(format_command("add-mask", {}, secret))
    folder = None if action == "check" else _folder(_input("folder") or default_folder(title, action))
    with _commands_stopped():
        _write(dict(_outputs(kind, action, use(kind, action, parts, folder))))


@contextmanager
def _commands_stopped() -> Iterator[None]:
    """Keep the runner from taking what is printed for its commands."""
    token = secrets.token_hex(16)
    say(format_command("stop-commands", {}, token))
    try:
        yield
    finally:
        say(f"::{token}::")


def _input(name: str) -> str:
    """An input's text; empty where it is not given, which GitHub does not tell apart."""
    as_github_has_it = f"INPUT_{name.replace(' ', '_').upper()}"
    return os.environ.get(as_github_has_it) or os.environ.get(variable(name), "")


def _folder(name: str) -> str:
    return os.path.join(os.environ.get("GITHUB_WORKSPACE", ""), name)


def _secrets(kind: ResourceType, action: str, parts: Mapping[str, object]) -> list[str]:
    """The secrets of the request, also where the rest of it does not fit."""
    found: list[str] = []
    params = {"get": kind.GetParams, "put": kind.PutParams}.get(action)
    for part, declarations in (("source", kind.Source), ("params", params)):
        if declarations is not None:
            try:
                read(declarations, parts[part], part, found)
            except RequestError:
                continue  # told when the request is answered
    return [secret for secret in dict.fromkeys(found) if secret.strip()]


def _outputs(kind: ResourceType, action: str, answer: Any) -> Iterator[tuple[str, str]]:
    """Name and value of each output."""
    version = (answer[-1] if answer else {}) if action == "check" else answer["version"]
    for key in output_keys(kind):
        if key.name in version:
            yield key.flat, version[key.name]
    yield (
        ("versions", json.dumps(answer)) if action == "check" else ("metadata", json.dumps(_metadata(answer)))
    )


def _metadata(answer: Any) -> dict[str, str]:
    """Metadata by its names; values of one name are lines."""
    found: dict[str, str] = {}
    for entry in answer["metadata"]:
        name, value = entry["name"], entry["value"]
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _write(outputs: Mapping[str, str]) -> None:
    lines = []
    for name, value in outputs.items():
        say(f"{name}: {value}")
        end = f"end-{secrets.token_hex(16)}"  # no value holds it, by chance or on purpose
        lines.append(f"{name}<<{end}\n{value}\n{end}\n")
    with open(os.environ[_OUTPUT], "a", encoding="utf-8") as file:
        file.write("".join(lines))
