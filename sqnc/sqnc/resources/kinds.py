"""What the name of a resource type means: a type that is built in, an image, or files of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from actions_compat.frozen import frozen
from actions_compat.nodes import WorkflowError
from sqnc_resources.emulator.configuration import CORE_TYPES
from sqnc_resources.emulator.vars import key_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.nodes import Position
    from sqnc_resources.emulator.configuration import Configuration, Object, Resource, ResourceType

IMAGE_TYPES: Final = ("registry-image", "docker-image")
"""Types whose source names an image, which an engine for containers gets by itself."""
_DOCKER: Final = "docker://"
_PROGRAMS: Final = ("check", "in", "out")
_PLACES: Final = ("", "assets", "opt/resource", "bin")
"""Where the repositories of resource types keep their programs."""


@frozen
class BuiltIn:
    """A type that sequence, or a plugin, brings along."""

    name: str


@frozen
class ImageKind:
    """An image that follows Concourse's protocol."""

    reference: str
    privileged: bool = False


@frozen
class MadeImage:
    """An image that a get of another type makes: *entry* says which, *kind* what that other type is."""

    entry: ResourceType
    kind: Kind


@frozen
class Scripts:
    """A folder of this machine with the executables `check`, `in` and `out`."""

    folder: Path


@frozen
class PythonFile:
    """A type in a Python file of this machine; *attribute* is its class, '' for the only one."""

    path: Path
    attribute: str = ""


Kind: TypeAlias = BuiltIn | ImageKind | MadeImage | Scripts | PythonFile


def kind_of(
    resource: Resource | ResourceType, configuration: Configuration, given: Mapping[str, str]
) -> Kind:
    """Find out what the type of *resource* is; raise WorkflowError.

    *given* are places by the names of types: they come first. Then come the file's own types, of which one
    may be made by the core type whose name it has; then those that are built in.
    """
    return _find(resource, configuration, given, frozenset())


def parse_place(text: str, folder: Path) -> Kind:
    """Read what runs a type: an image, a folder with scripts, or a Python file; paths start at *folder*."""
    if text.startswith(_DOCKER):
        return ImageKind(text.removeprefix(_DOCKER))
    name, colon, attribute = text.rpartition(":") if ".py:" in text else (text, "", "")
    if name.endswith(".py"):
        return PythonFile((folder / name).absolute(), attribute if colon else "")
    if text.startswith(("./", "../", "/", "~/")) or text in {".", ".."}:
        return Scripts((folder / Path(text).expanduser()).absolute())
    return ImageKind(text)


def describe(kind: Kind) -> str:
    """A kind as one text, the same for the same type in every run, for the key of a history."""
    match kind:
        case BuiltIn():
            return kind.name
        case ImageKind():
            return f"{_DOCKER}{kind.reference}"
        case MadeImage():
            return f"{kind.entry.name} of {describe(kind.kind)}"
        case Scripts():
            return str(kind.folder)
        case PythonFile():
            return f"{kind.path}:{kind.attribute}"


def image_reference(entry: ResourceType, source: Object | None) -> str:
    """The image that a type of `registry-image` names; raise WorkflowError."""
    found = source or {}
    repository, tag, digest = (found.get(key) for key in ("repository", "tag", "digest"))
    if not isinstance(repository, str) or not repository:
        hint = "name an image: `source: {repository: example/name}`"
        raise WorkflowError(
            _place(entry, "source"), f"{entry.name}: its source has no `repository`", hint=hint
        )
    if isinstance(digest, str) and digest:
        return f"{repository}@{digest}"
    return repository if tag in {None, ""} else f"{repository}:{key_text(tag)}"


def _find(
    resource: Resource | ResourceType,
    configuration: Configuration,
    given: Mapping[str, str],
    used: frozenset[str],
) -> Kind:
    name = resource.type
    if name in given:
        return _with_programs(parse_place(given[name], Path()), resource)
    entry = configuration.types.get(name)
    if entry is not None and name not in used:
        return _made(entry, configuration, given, used | {name})
    return _known(resource, configuration)


def _made(
    entry: ResourceType, configuration: Configuration, given: Mapping[str, str], used: frozenset[str]
) -> Kind:
    is_own = entry.type in given or (entry.type in configuration.types and entry.type not in used)
    if entry.type in IMAGE_TYPES and not is_own:
        return ImageKind(image_reference(entry, configuration.source(entry)), entry.privileged)
    return MadeImage(entry, _find(entry, configuration, given, used))


def _known(resource: Resource | ResourceType, configuration: Configuration) -> Kind:
    from sqncshim.plugins import resource_type  # noqa: PLC0415  (pluggy, only for strangers' types)
    from sqncshim.tables import RESOURCE_TYPES  # noqa: PLC0415  (few commands need it)

    name = resource.type
    if name in RESOURCE_TYPES:
        return BuiltIn(name)
    if "/" in name or name.partition(":")[0].endswith(".py"):
        folder = Path(configuration.file).parent
        place = parse_place(name if name.endswith(".py") or name.startswith(".") else f"./{name}", folder)
        return _there(place, resource)
    if resource_type(name) is not None:
        return BuiltIn(name)
    raise _unknown(resource, configuration)


def _there(kind: Kind, resource: Resource | ResourceType) -> Kind:
    path = kind.folder if isinstance(kind, Scripts) else kind.path if isinstance(kind, PythonFile) else None
    if path is None or path.exists():
        return _with_programs(kind, resource)
    hint = "a type with a slash in its name is a folder with check, in and out, or a Python file"
    raise WorkflowError(_place(resource, "type"), f"{resource.name}: there is no {path}", hint=hint)


def _with_programs(kind: Kind, resource: Resource | ResourceType) -> Kind:
    """The same, and of a folder the one in it that holds the programs; raise WorkflowError for none."""
    if not isinstance(kind, Scripts) or not kind.folder.is_dir():
        return kind
    for folder in (kind.folder / below for below in _PLACES):
        if any((folder / program).is_file() for program in _PROGRAMS):
            return Scripts(folder)
    files = sorted(path.name for path in kind.folder.glob("*.py"))
    hint = f"or name the Python file that is the type: {', '.join(files)}" if files else ""
    message = (
        f"{resource.name}: {kind.folder} holds no programs: expected check, in and out, there or in assets/"
    )
    raise WorkflowError(_place(resource, "type"), message, hint=hint)


def _unknown(resource: Resource | ResourceType, configuration: Configuration) -> WorkflowError:
    from sqncshim.json_reader import near  # noqa: PLC0415  (only for mistakes)
    from sqncshim.tables import RESOURCE_TYPES  # noqa: PLC0415  (as above)

    name = resource.type
    if name in CORE_TYPES:
        message = f"{resource.name}: the type {name!r} is one of Concourse's own that is not built in yet"
        hint = f"run its image: --type {name}=concourse/{name}-resource"
        return WorkflowError(_place(resource, "type"), message, hint=hint)
    hint = f"{near(name, {*configuration.types, *RESOURCE_TYPES})} Or say what runs it with --type"
    message = f"{resource.name}: there is no resource type {name!r}"
    return WorkflowError(_place(resource, "type"), message, hint=hint)


def _place(entry: Resource | ResourceType, key: str) -> Position:
    """Where *key* has its value; the whole entry where that comes from elsewhere."""
    return (entry.node.get(key) or entry.node).position
