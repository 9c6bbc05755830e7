"""What `check`, `in` and `out` answer on standard output, read as Concourse reads it.

Only the first JSON value counts. Names of fields are compared without regard to case, null is a field's empty
value, and unknown fields are ignored, since that is how Go reads JSON into a struct.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.emulator.go_json import GoJsonError, decode_first, kind_of

if TYPE_CHECKING:
    from sqnc_resources.emulator.configuration import Version

EMPTY_VERSION: Final = "resource output version is empty. Version must contain at least one key-value pair"


class AnswerError(ValueError):
    """The answer is none: the step is *errored*. The message is Concourse's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What in and out give; metadata as pairs of a name and a value, in order."""

    version: Version
    metadata: tuple[tuple[str, str], ...] = ()


def read_versions(output: bytes) -> tuple[Version, ...]:
    """Read the answer of check: oldest first; no output is no versions. Raise AnswerError."""
    value = _first(output)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _mismatch(value, "value of type []atc.Version")
    versions = tuple(_version(item, "") for item in value)
    if not all(versions):
        raise AnswerError(f"save versions: {EMPTY_VERSION}")
    return versions


def read_answer(output: bytes, command: str) -> Answer:
    """Read the answer of in or out, run as *command*; raise AnswerError.

    An empty version, `{}`, passes: whoever saves it has to refuse it, and a get saves none.
    """
    value = _first(output)
    if value is not None and not isinstance(value, dict):
        raise _mismatch(value, "value of type resource.VersionResult")
    version = _field(value or {}, "version")
    if version is None:
        raise AnswerError(f"resource script ({command}) output a null version")
    found = _version(version, "struct field VersionResult.version of type ")
    return Answer(found, _metadata(_field(value or {}, "metadata")))


def _first(output: bytes) -> object:
    try:
        return decode_first(output.decode("utf-8", "replace"))
    except EOFError:
        return None
    except GoJsonError as error:
        raise AnswerError(str(error)) from error


def _field(value: dict[str, object], name: str) -> object:
    found = None
    for key, item in value.items():
        if key.lower() == name and item is not None:
            found = item
    return found


def _version(value: object, place: str) -> Version:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _mismatch(value, f"{place}atc.Version" if place else "value of type atc.Version")
    wanted = f"{place}string" if place else "value of type string"
    return {key: _text(item, wanted) for key, item in value.items()}


def _metadata(value: object) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _mismatch(value, "struct field VersionResult.metadata of type atc.Metadata")
    return tuple(_metadata_entry(item) for item in value)


def _metadata_entry(value: object) -> tuple[str, str]:
    if value is None:
        return ("", "")
    if not isinstance(value, dict):
        raise _mismatch(value, "struct field VersionResult.metadata of type atc.MetadataField")
    name, text = (
        _text(_field(value, key), f"struct field MetadataField.metadata.{key} of type string")
        for key in ("name", "value")
    )
    return name, text


def _text(value: object, wanted: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _mismatch(value, wanted)
    return value


def _mismatch(value: object, wanted: str) -> AnswerError:
    return AnswerError(f"json: cannot unmarshal {kind_of(value)} into Go {wanted}")
