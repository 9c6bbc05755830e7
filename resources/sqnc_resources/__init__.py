"""The resource toolkit: Concourse's check, get and put from one small typed module or class.

For the author of a type:

    keys          what a Source, Version, GetParams or PutParams may say of its fields
    result        what get and put answer with
    streams       who may write to standard output and standard error
    inputs        what a put finds in its folder
    outputs       what a get writes into its folder
    cache         folders that checks keep from run to run
    moments       times in versions
    durations     lengths of time, such as `1h30m`
    ordering      versions in their order, and constraints
    go_regexp     regular expressions as Go reads them
    web           HTTP
    archives      archives, unpacked so that they do no harm
    shared        files that many writers change
    patterns      ready-made types of a kind
    scripts       a type whose work is done by three programs, such as shell scripts
    testing       asks a type as an engine does, for its tests

What runs a type:

    types         a resource type by its name
    program       `check`, `in` and `out` as Concourse runs them
    surroundings  what a type may rely on wherever it runs
    request       what Concourse writes to standard input
    reading       JSON into the type's own classes, strictly, with the path of what does not fit
    versions      a version into strings and back
    direct        a type without an engine, by hand (commands.run) and as a step on GitHub (action_step)

What is made from a type's declarations:

    descriptions  the texts that its author wrote below each field
    reference     its page
    schema        its JSON Schema
    action_file   its action.yml
    scaffold      the files of a new type

What Concourse does around a type:

    emulator      its rules, as pure functions
    conform       judges any type by what Concourse and its users rely on

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
