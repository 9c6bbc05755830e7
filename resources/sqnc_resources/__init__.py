"""The resource toolkit: Concourse's check, get and put from one small typed module or class.

    keys         what a Source, Version, GetParams or PutParams may say of its fields
    reading      JSON into those types, strictly, with the path of what does not fit
    versions     a version into strings and back
    types        a resource type by its name
    program      `check`, `in` and `out` as Concourse runs them
    streams      who may write to standard output and standard error
    scripts      a type whose work is done by three programs, such as shell scripts
    testing      asks a type as an engine does, for its tests

ResourceError          the type says no; the message is for the user
├── RequestError       source, version or params do not fit the type; the message holds the path of each
└── UnknownTypeError   there is no resource type of that name
AnswerError            the type answered with what the protocol does not allow: a defect of the type

The names below are imported when they are first used: `check` starts with what it needs and no more.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:  # what a type checker sees; a test compares it with the table
    from sqnc_resources.errors import AnswerError as AnswerError
    from sqnc_resources.errors import RequestError as RequestError
    from sqnc_resources.errors import ResourceError as ResourceError
    from sqnc_resources.errors import UnknownTypeError as UnknownTypeError
    from sqnc_resources.keys import Secret as Secret
    from sqnc_resources.keys import key as key
    from sqnc_resources.result import NoKeys as NoKeys
    from sqnc_resources.result import Result as Result
    from sqnc_resources.streams import hide as hide
    from sqnc_resources.streams import say as say
    from sqnc_resources.types import ResourceType as ResourceType

_EXPORTS = {
    "AnswerError": "sqnc_resources.errors",
    "NoKeys": "sqnc_resources.result",
    "RequestError": "sqnc_resources.errors",
    "ResourceError": "sqnc_resources.errors",
    "ResourceType": "sqnc_resources.types",
    "Result": "sqnc_resources.result",
    "Secret": "sqnc_resources.keys",
    "UnknownTypeError": "sqnc_resources.errors",
    "hide": "sqnc_resources.streams",
    "key": "sqnc_resources.keys",
    "say": "sqnc_resources.streams",
}

__all__ = sorted(_EXPORTS)  # noqa: PLE0605  (a sorted list of the table's keys)


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_EXPORTS]
