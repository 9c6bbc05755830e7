"""Ready-made resource types of a kind: an author says what is his own, and inherits the rest.

    class Notify(PutOnly[Source, PutParams]):       # Source and PutParams are his frozen dataclasses
        def send(self, source: Source, params: PutParams, folder: Path) -> Mapping[str, str]: ...

What stands in the square brackets becomes the type's `Source`, `Version`, `PutParams`. Each method that a
pattern gives can be replaced like any other.

PutOnly            a message, a deployment: there is a put, and nothing to check or to get
TriggerOnChange    something that is looked at, and is a new version whenever it differs from before
Instances          a set that things are done for, one by one: branches, customers, environments
Counter            a number, or whatever else has a next one, in a file that many writers share
Pool               locks that many builds share

The last two keep their state where `sqnc_resources.shared` keeps it: in a git branch, or in a folder.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:  # what a type checker sees; a test compares it with the table
    from sqnc_resources.patterns.counter import Counter as Counter
    from sqnc_resources.patterns.instances import Instances as Instances
    from sqnc_resources.patterns.pool import Pool as Pool
    from sqnc_resources.patterns.put_only import PutOnly as PutOnly
    from sqnc_resources.patterns.trigger import TriggerOnChange as TriggerOnChange

_EXPORTS = {
    "Counter": "sqnc_resources.patterns.counter",
    "Instances": "sqnc_resources.patterns.instances",
    "Pool": "sqnc_resources.patterns.pool",
    "PutOnly": "sqnc_resources.patterns.put_only",
    "TriggerOnChange": "sqnc_resources.patterns.trigger",
}

__all__ = sorted(_EXPORTS)  # noqa: PLE0605  (a sorted list of the table's keys)


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value
