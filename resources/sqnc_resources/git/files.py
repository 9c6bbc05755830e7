"""The files under `.git/` that tell later steps what was fetched."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Final

from sqnc_resources import ResourceError, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import GetParams

_FROM_METADATA: Final = ("commit", "author", "author_date", "branch", "tags", "url", "committer_date")
_SHORT: Final = 7
_PLACE: Final = re.compile(r"%(?:(?P<percent>%)|(?P<left>-?)(?P<width>\d*)(?:\.(?P<length>\d+))?s)")


def write_files(
    repository: Repository, ref: str, facts: Sequence[Mapping[str, str]], params: GetParams
) -> None:
    """Write what the git resource writes, byte for byte: some of it ends without a newline.

    `committer` and `committer_name` hold the *author*, to whom scripts send their mail. A fact that is not
    known is an empty file.
    """
    values = {fact["name"]: fact["value"] for fact in facts}
    found = {name: _line(values.get(name, "")) for name in _FROM_METADATA}
    found |= _from_log(repository, params.timestamp_format)
    found["ref"] = f"{ref}\n"
    found["short_ref"] = fill(params.short_ref_format, ref[:_SHORT])
    found["describe_ref"] = f"{_description(repository, params.describe_ref_options)}\n"
    found["metadata.json"] = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    for name, content in found.items():
        (repository.path / ".git" / name).write_bytes(content.encode(errors="surrogateescape"))


def fill(template: str, text: str) -> str:
    """*text* in a printf format that may hold `%s`, `%.4s`, `%-9s` and `%%`; raise ResourceError."""

    def value(place: re.Match[str]) -> str:
        if place["percent"]:
            return "%"
        shown = text[: int(place["length"])] if place["length"] else text
        width = int(place["width"] or 0)
        return shown.ljust(width) if place["left"] else shown.rjust(width)

    if "%" in _PLACE.sub("", template):
        raise ResourceError(
            f"params.short_ref_format: `{template}`: expected no place but %s, and %% for a %"
        )
    return _PLACE.sub(value, template)


def _line(text: str) -> str:
    return f"{text}\n" if text else ""


def _from_log(repository: Repository, timestamp_format: str) -> dict[str, str]:
    told = ("--no-show-signature", f"--date={timestamp_format}", "--format=format:%ae%x00%an%x00%cd%x00%B")
    email, name, timestamp, message = repository.ask("log", "-1", *told).split("\0", 3)
    return {
        "committer": email,
        "committer_name": name,
        "commit_timestamp": f"{timestamp}\n",
        "commit_message": message,
    }


def _description(repository: Repository, options: str) -> str:
    """What `git describe` says; '' where it finds no name, and says so on standard error."""
    try:
        arguments = shlex.split(options)
    except ValueError as error:
        raise ResourceError(f"params.describe_ref_options: `{options}`: {error}") from error
    described = repository.attempt("describe", *arguments, shown=False)
    if described.stderr:
        say(described.stderr)
    return described.stdout.decode(errors="surrogateescape").rstrip("\n")
