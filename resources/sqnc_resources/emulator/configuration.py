"""The resources and resource types of a file that is shaped as a Concourse pipeline.

Keys that nobody knows are refused inside a resource or type, and dropped at the top, where pipelines keep
their jobs and anchors. Vars are put in as `fly` does when it reads the file: those without a value stay.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as KeyMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from actions_compat.nodes import Mapping, Node, Position, Scalar, Sequence, WorkflowError
from sqnc_resources.durations import Duration
from sqnc_resources.emulator.vars import UndefinedVars, VarError, Variables, interpolate
from sqnc_resources.emulator.yaml_values import Values, exact, read_tree
from sqncshim.json_reader import kind_of, near

if TYPE_CHECKING:
    from collections.abc import Iterator

Object: TypeAlias = KeyMapping[str, object]
Version: TypeAlias = KeyMapping[str, str]

CORE_TYPES: Final = (
    "bosh-io-release",
    "bosh-io-stemcell",
    "docker-image",
    "git",
    "github-release",
    "hg",
    "mock",
    "pool",
    "registry-image",
    "s3",
    "semver",
    "time",
)
"""The types that Concourse brings along."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """An entry of `resource_types`. *source* is None where the file has none."""

    name: str
    type: str
    source: Object | None
    params: Object
    defaults: Object
    privileged: bool
    node: Mapping = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Resource:
    """An entry of `resources`. *version* is what it is pinned to, which may be a part of a version."""

    name: str
    type: str
    source: Object | None
    version: Version | None
    check_timeout_s: float | None
    expose_build_created_by: bool
    node: Mapping = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says. *used* are the texts that vars put into it."""

    file: str
    resources: KeyMapping[str, Resource]
    types: KeyMapping[str, ResourceType]
    variables: Variables
    used: frozenset[str]

    def resource(self, name: str) -> Resource:
        """Return the resource; raise WorkflowError where there is none of that name."""
        if name in self.resources:
            return self.resources[name]
        hint = near(name, self.resources) if self.resources else "the file has no `resources`"
        raise WorkflowError(Position(self.file, 0, 0), f"there is no resource {name!r}", hint=hint)

    def source(self, entry: Resource | ResourceType) -> Object | None:
        """The entry's source over its type's defaults, every var in it known; raise WorkflowError.

        None is what a type is sent as `null`.
        """
        parent = self._parent(entry)
        defaults = self._known(parent, parent.defaults) if parent else None
        return _merged(defaults, self._known(entry, entry.source))

    def declared_source(self, entry: Resource | ResourceType) -> Object | None:
        """As `source`, but with every var as it stands."""
        parent = self._parent(entry)
        return _merged(parent.defaults if parent else None, entry.source)

    def params(self, entry: ResourceType) -> Object:
        return self._known(entry, entry.params) or {}

    def _parent(self, entry: Resource | ResourceType) -> ResourceType | None:
        """The entry's type in the file; a type may have the name of the core type that it is made with."""
        parent = self.types.get(entry.type)
        is_itself = isinstance(entry, ResourceType) and entry.type == entry.name
        return None if is_itself else parent

    def _known(self, entry: Resource | ResourceType, value: Object | None) -> Any:
        try:
            return interpolate(value, self.variables)
        except UndefinedVars as error:
            place = next(places_of_vars(entry.node, error.names), entry.node.position)
            hint = "give it with -v, -y or -l"
            raise WorkflowError(place, f"{entry.name}: {error}", hint=hint) from error
        except VarError as error:
            raise WorkflowError(entry.node.position, f"{entry.name}: {error}") from error


def read_configuration(text: str, file: str, variables: Variables | None = None) -> Configuration:
    """Read the file; raise WorkflowError with the place of the first thing that is wrong."""
    root = read_tree(text, file)
    if not isinstance(root, Mapping):
        place = root.position if root else Position(file, 1, 1)
        hint = "" if root else "the file is empty"
        raise WorkflowError(place, "A mapping was expected", hint=hint)
    variables = variables or Variables()
    values = Values(variables)
    return _configuration(values.items(root), file, values, variables)


def configuration(sections: KeyMapping[str, Node], file: str) -> Configuration:
    """Return what the nodes of `resources` and `resource_types` say, without vars; raise WorkflowError."""
    places = {name: (Scalar(node.position, name, name), node) for name, node in sections.items()}
    return _configuration(places, file, Values(scalar=exact), Variables())


def places_of_vars(node: Node, names: tuple[str, ...]) -> Iterator[Position]:
    """Where the vars *names* stand."""
    match node:
        case Scalar():
            if any(f"(({name}))" in node.text for name in names):
                yield node.position
        case Sequence():
            for item in node.items:
                yield from places_of_vars(item, names)
        case Mapping():
            for key, item in node.items:
                yield from places_of_vars(key, names)
                yield from places_of_vars(item, names)


def _configuration(
    top: KeyMapping[str, tuple[Scalar, Node]], file: str, values: Values, variables: Variables
) -> Configuration:
    types = _entries(values, top, "resource_types", _resource_type)
    resources = _entries(values, top, "resources", _resource)
    return Configuration(file, resources, types, variables, frozenset(values.used))


def _resource(entry: _Entry) -> Resource:
    return Resource(
        name=entry.text("name"),
        type=entry.text("type"),
        source=entry.object("source"),
        version=entry.version("version"),
        check_timeout_s=entry.duration_s("check_timeout"),
        expose_build_created_by=entry.flag("expose_build_created_by"),
        node=entry.node,
    )


def _resource_type(entry: _Entry) -> ResourceType:
    return ResourceType(
        name=entry.text("name"),
        type=entry.text("type"),
        source=entry.object("source"),
        params=entry.object("params") or {},
        defaults=entry.object("defaults") or {},
        privileged=entry.flag("privileged"),
        node=entry.node,
    )


class _Entry:
    """One entry whose keys are all known and hold what they should."""

    def __init__(self, node: Mapping, path: str, values: Values, kinds: KeyMapping[str, str]) -> None:
        self.node = node
        self._path = path
        self._values: dict[str, Any] = {}
        for name, (key, item) in values.items(node).items():
            if name not in kinds:
                raise WorkflowError(key.position, f"{path}.{name}: unknown key", hint=near(name, kinds))
            value = values.value(item)
            expected, fits = _KINDS[kinds[name]]
            if value is not None and not fits(value):
                message = f"{path}.{name}: expected {expected}, got {kind_of(value)}"
                raise WorkflowError(item.position, message)
            self._values[name] = value

    def text(self, key: str) -> str:
        """A text that must be there."""
        if not (value := self._values.get(key)):
            raise WorkflowError(self.node.position, f"{self._path}: it has no `{key}`")
        return str(value)

    def object(self, key: str) -> Object | None:
        found: Object | None = self._values.get(key)
        return found

    def version(self, key: str) -> Version | None:
        found: Version | None = self._values.get(key)
        return found

    def flag(self, key: str) -> bool:
        return bool(self._values.get(key))

    def duration_s(self, key: str) -> float | None:
        return Duration.parse(text).seconds if (text := self._values.get(key)) else None


def _entries(
    values: Values, top: KeyMapping[str, tuple[Scalar, Node]], key: str, build: Callable[[_Entry], Any]
) -> dict[str, Any]:
    """Read a list of entries into a mapping by their names."""
    if key not in top:
        return {}
    node = top[key][1]
    if isinstance(node, Scalar) and node.value is None:
        return {}
    if not isinstance(node, Sequence):
        raise WorkflowError(node.position, f"{key}: expected a list")
    found: dict[str, Any] = {}
    for number, item in enumerate(node.items):
        path = f"{key}[{number}]"
        if not isinstance(item, Mapping):
            raise WorkflowError(item.position, f"{path}: expected a mapping")
        entry = build(_Entry(item, path, values, _KEYS[key]))
        if entry.name in found:
            raise WorkflowError(item.position, f"{path}: there is a {entry.name!r} already")
        found[entry.name] = entry
    return found


def _merged(defaults: Object | None, source: Object | None) -> Object | None:
    return {**(defaults or {}), **(source or {})} if defaults or source is not None else None


def _is_interval(value: object) -> bool:
    return isinstance(value, str) and (value in {"", "never"} or _is_duration(value))


def _is_duration(value: object) -> bool:
    try:
        return isinstance(value, str) and (not value or Duration.parse(value) >= 0)
    except ValueError:
        return False


_KINDS: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "text": ("a string", lambda value: isinstance(value, str)),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "object": ("a mapping", lambda value: isinstance(value, dict)),
    "texts": ("a list of strings", lambda value: isinstance(value, list) and _are_texts(value)),
    "version": (
        "a mapping of strings (quote numbers and dates)",
        lambda value: isinstance(value, dict) and _are_texts(value.values()),
    ),
    "duration": ("a duration, such as 1h30m", _is_duration),
    "interval": ("a duration, such as 10m, or never", _is_interval),
}
"""What may stand in a key: in words, and as a test of the value."""

_COMMON: Final = {
    "name": "text",
    "type": "text",
    "source": "object",
    "check_every": "interval",
    "tags": "texts",
}
_KEYS: Final[dict[str, dict[str, str]]] = {
    "resources": {
        **_COMMON,
        "old_name": "text",
        "public": "flag",
        "webhook_token": "text",
        "check_timeout": "duration",
        "version": "version",
        "icon": "text",
        "expose_build_created_by": "flag",
    },
    "resource_types": {**_COMMON, "params": "object", "defaults": "object", "privileged": "flag"},
}


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)
