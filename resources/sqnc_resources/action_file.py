"""A resource type's `action.yml`: its check, get or put as an action on GitHub.

Inputs are the keys of source and params, and of the version for check and get; outputs are the keys of the
version, with `metadata` or `versions` as JSON. What runs is `sqncshim resource run-action`.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources import texts
from sqnc_resources.descriptions import describe
from sqnc_resources.flat import FlatKey, flat_keys, version_keys
from sqnc_resources.keys import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqnc_resources.types import ResourceType

PROGRAM: Final = "/.sqnc/bin/sqncshim"
RESERVED: Final = ("args", "entrypoint", "folder", "metadata", "versions")
"""No key's input or output has these names: they are ours, or GitHub's own for docker actions."""
_SUMMARIES: Final[Mapping[str, str]] = {
    "check": "Find the versions from the given one on; without one, the newest.",
    "get": "Fetch a version: the given one, or the newest.",
    "put": "Make a version.",
}
_FOLDERS: Final[Mapping[str, str]] = {
    "get": "Where the version goes, seen from the workspace.",
    "put": "The folder that holds the inputs, seen from the workspace.",
}
_OUTPUTS: Final[Mapping[str, tuple[str, str]]] = {
    "check": ("versions", "All versions as JSON, oldest first. The other outputs are of the newest."),
    "get": ("metadata", "What is told of the version, as JSON: an object of strings."),
    "put": ("metadata", "What is told of the version, as JSON: an object of strings."),
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class ActionFile:
    """The file for one *action* (check, get or put) of a type that people call *title*."""

    title: str
    kind: ResourceType
    action: str

    def docker(self, image: str) -> str:
        """Its text for an *image* that runs the type: a Dockerfile's path, or `docker://name`."""
        runs = [
            "  using: docker",
            f"  image: {_quoted(image)}",
            f"  entrypoint: {PROGRAM}",
            f"  args: [resource, run-action, {self.action}]",
        ]
        return self._text(runs)

    def composite(self, type_name: str) -> str:
        """Its text for jobs that have `sqncshim`: a path in *type_name* is seen from the file's folder."""
        is_path = "/" in type_name or type_name.partition(":")[0].endswith(".py")
        place = f'"$GITHUB_ACTION_PATH"/{shlex.quote(type_name)}' if is_path else shlex.quote(type_name)
        runs = [
            "  using: composite",
            "  steps:",
            "    - id: resource",
            "      shell: sh",
            f"      run: {_quoted(f'sqncshim resource run-action {self.action} {place}')}",
            "      env:",
        ]
        names = [name for name, _ in self._inputs()]
        runs += [f"        {variable(name)}: {_quoted(_reference('inputs', name))}" for name in names]
        return self._text(runs, values="steps.resource.outputs")

    def _text(self, runs: list[str], values: str = "") -> str:
        """The whole file; *values* is where its outputs have their values, for actions that say so."""
        about = describe(self.kind).partition("\n\n")[0].replace("\n", " ")
        lines = [
            "# Made by `sqncshim resource action`; make it again after each change of a key.",
            f"name: {_quoted(f'{self.title} {self.action}')}",
            f"description: {_quoted(f'{_SUMMARIES[self.action]} {about}'.strip())}",
            "inputs:",
        ]
        for name, attributes in self._inputs():
            lines.append(f"  {_key(name)}:")
            lines += [f"    {attribute}: {value}" for attribute, value in attributes]
        lines.append("outputs:")
        for name, description in self._outputs():
            lines += [f"  {_key(name)}:", f"    description: {_quoted(description)}"]
            if values:
                lines.append(f"    value: {_quoted(_reference(values, name))}")
        return "\n".join([*lines, "runs:", *runs, ""])

    def _inputs(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Each input's name and attributes, the values as YAML."""
        for key in input_keys(self.kind, self.action):
            attributes = [("description", _quoted(_description(key)))]
            if key.is_required:
                attributes.append(("required", "true"))
            elif default := _default(key):
                attributes.append(("default", _quoted(default)))
            yield key.flat, attributes
        if self.action in _FOLDERS:
            folder = _quoted(default_folder(self.title, self.action))
            yield "folder", [("description", _quoted(_FOLDERS[self.action])), ("default", folder)]

    def _outputs(self) -> Iterator[tuple[str, str]]:
        for key in output_keys(self.kind):
            yield key.flat, key.text or f"`{key.name}` of the version."
        yield _OUTPUTS[self.action]


def variable(name: str) -> str:
    """The variable that an input is in; GitHub leaves hyphens in it, which no shell would hand on."""
    return f"INPUT_{name.replace(' ', '_').replace('-', '_').upper()}"


def input_keys(kind: ResourceType, action: str) -> list[FlatKey]:
    """The keys that are inputs, under the names that these have."""
    return flat_keys(kind, action, taken=RESERVED)


def output_keys(kind: ResourceType) -> list[FlatKey]:
    """The keys that are outputs, under the names that these have."""
    return version_keys(kind, taken=RESERVED)


def default_folder(title: str, action: str) -> str:
    """The folder, where nobody names one."""
    return title if action == "get" else "."


def _description(key: FlatKey) -> str:
    text = key.text or f"`{key.name}` of {key.part}."
    if texts.list_kind(key.kind) is not None:
        is_scalar = texts.scalar_kind(texts.list_kind(key.kind)) is not None
        return (
            f"{text} {'One a line, or a list in YAML or JSON.' if is_scalar else 'A list in YAML or JSON.'}"
        )
    if texts.scalar_kind(key.kind) is None:
        return f"{text} An object in YAML or JSON."
    return f"{text} Give it a secret." if Secret in texts.members(key.kind) else text


def _default(key: FlatKey) -> str:
    """The default of an input, as it would be typed; empty where there is none to show."""
    value = key.declared.default
    if key.part == "version":  # one that is not given is the newest
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value) if isinstance(value, str | int | float) else ""


def _reference(context: str, name: str) -> str:
    inner = f"{context}.{name}" if _NAME.fullmatch(name) else f"{context}['{name}']"
    return f"${{{{ {inner} }}}}"


def _quoted(text: str) -> str:
    """*text* in YAML, of which JSON is part."""
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else _quoted(name)
