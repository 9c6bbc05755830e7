"""What GitHub Actions means, as a library: no engine, and no I/O beyond the files it is handed.

Every public name is imported from its module on first use, so that a caller pays only for what it takes.
"""

from importlib import import_module

# public name → the module that defines it
_EXPORTS = {
    "Expression": "actions_compat.expressions",
    "ExpressionError": "actions_compat.expressions",
    "Template": "actions_compat.templates",
    "evaluate": "actions_compat.expressions",
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
