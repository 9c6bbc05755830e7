"""`sqncshim resource run TYPE check|get|put`: a resource type as a program, with its keys as options."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

import click
from click.core import ParameterSource

from sqnc_resources import texts
from sqnc_resources.direct import use
from sqnc_resources.flat import FlatKey, flat_keys, request_of
from sqnc_resources.keys import Secret
from sqnc_resources.program import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqnc_resources.types import ResourceType

_SUMMARIES: Final = {
    "check": "Print the versions from the given one on, oldest first; without one, the newest.",
    "get": "Fetch a version into FOLDER: the given one, or the newest.",
    "put": "Make a version from what lies in FOLDER, which is the current folder where it is not given.",
}


class Text(click.ParamType[str]):
    """A text as it was given, also where a variable of the environment gives it."""

    name = "text"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [rv]


def typed_command(kind: ResourceType, action: str) -> click.Command:
    """The command with an option for each key that *action* takes."""
    own = flat_keys(kind, action, taken=("help",))
    parameters: list[click.Parameter] = [option(key) for key in own]
    if action != "check":
        parameters.append(click.Argument(["folder"], required=action == "get"))

    def run(folder: str | None = None, **given: Any) -> int:
        values = [(key, given[_identifier(key)]) for key in own if given[_identifier(key)] is not None]
        return guarded(lambda write: _answer(kind, action, (values, folder), write))

    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
    return click.Command(action, settings, run, parameters, _SUMMARIES[action])


def _answer(
    kind: ResourceType,
    action: str,
    given: tuple[list[tuple[FlatKey, Any]], str | None],
    write: Callable[[bytes], None],
) -> None:
    values, folder = given
    parts = request_of((key, _value(key, value)) for key, value in values)
    answer = use(kind, action, parts, folder or ("." if action == "put" else None))
    write(json.dumps(answer).encode() + b"\n")


def option(key: FlatKey) -> click.Option:
    """The option for *key*: `--tag-filter TEXT`, `--fetch-tags / --no-fetch-tags`, `--password @FILE`."""
    name = f"--{key.flat.replace('_', '-')}"
    text = f"{key.text} {_note(key)}".strip()
    variable = f"SQNC_{key.part}_{key.name}".replace("-", "_").upper()
    shared: dict[str, Any] = {"help": text, "envvar": variable, "show_envvar": True, "default": None}
    if texts.members(key.kind) == (bool,):
        return click.Option([f"{name}/--no-{name[2:]}", _identifier(key)], **shared)
    multiple = texts.list_kind(key.kind) is not None
    return click.Option(
        [name, _identifier(key)],
        **shared,
        type=Text(),
        metavar=_metavar(key.kind),
        multiple=multiple,
        callback=lambda context, parameter, value: _given(key, context, parameter, value),
    )


def _given(key: FlatKey, context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """The texts of one option, files read: a tuple of them; None where it was not given."""
    if value is None or value == ():
        return None
    given = value if isinstance(value, tuple) else (value,)
    if context.get_parameter_source(parameter.name or "") is ParameterSource.ENVIRONMENT:
        return given
    return tuple(_from_line(key, text, context, parameter) for text in given)


def _from_line(key: FlatKey, text: str, context: click.Context, parameter: click.Parameter) -> str:
    is_secret = texts.holds_secret(key.kind)
    if not text.startswith("@") or not (is_secret or texts.scalar_kind(key.kind) is None):
        if is_secret:
            message = (
                "a secret does not belong on a command line, where every process can read it: "
                f"give @FILE, @- for standard input, or the variable {parameter.envvar}"
            )
            raise click.BadParameter(message, context, parameter)
        return text
    try:
        with click.open_file(text[1:], encoding="utf-8") as file:
            content: str = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.BadParameter(f"{text[1:]}: {reason}", context, parameter) from error
    return content[:-1] if content.count("\n") == 1 and content.endswith("\n") else content


def _value(key: FlatKey, given: Any) -> object:
    if isinstance(given, bool):
        return given
    items = texts.list_kind(key.kind)
    if items is not None and len(given) > 1:
        return [texts.value_of(items, text, key.flat) for text in given]
    return texts.value_of(key.kind, given[0], key.flat)


def _identifier(key: FlatKey) -> str:
    """What click calls the option's value; no key's own name, which may be a word of Python."""
    return f"{key.part}__{key.name}".replace("-", "_")


def _metavar(kind: object) -> str:
    if texts.holds_secret(kind):
        return "@FILE"
    if (items := texts.list_kind(kind)) is not None:
        return _metavar(items)
    (first, *others), scalar = texts.members(kind), texts.scalar_kind(kind)
    if get_origin(first) is Literal and not others:
        return f"[{'|'.join(map(str, get_args(first)))}]"
    if scalar in {int, float}:
        return "NUMBER"
    return "YAML" if scalar is None else "TEXT"


def _note(key: FlatKey) -> str:
    return "".join(f"[{note}]" for note in _notes(key))


def _notes(key: FlatKey) -> Iterator[str]:
    if key.is_required:
        yield "required"
    elif isinstance(key.declared.default, str | int | float) and key.declared.default not in {"", False}:
        yield f"default: {key.declared.default}"
    if texts.list_kind(key.kind) is not None:
        yield "may be repeated"
    if Secret in texts.members(key.kind):
        yield "secret"
