"""Looks for a commit in a shallow clone, and fetches more of the history until it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc_resources import say

if TYPE_CHECKING:
    from sqnc_resources.git.repository import Repository

MAX_DEPTH: Final = 127
_ALL_THERE: Final = (
    "Reached max depth of the origin repo while deepening the shallow clone, it's a deep clone now"
)


def deepen(repository: Repository, ref: str, depth: int, *flags: str) -> None:
    """Fetch until *ref* is there with *depth* commits of its history, or the whole history is.

    The depth of a shallow clone counts from the tip of its branch, and *ref* may lie below. *flags* go to
    each `git fetch`. Whether *ref* exists at all is for the caller to find out.
    """
    oldest = f"{ref}~{depth - 1}"
    total, step = depth, depth
    while repository.commit_of(oldest) is None:
        if repository.ask("rev-parse", "--is-shallow-repository").strip() == "false":
            say(_ALL_THERE)
            return
        say(f"Could not find ref {oldest} in a shallow clone of depth {total}")
        if total >= MAX_DEPTH:
            say(f"Reached depth threshold {MAX_DEPTH}, falling back to deep clone...")
            repository.run("fetch", "--unshallow", "origin", *flags)
            return
        step *= 2
        say(f"Deepening the shallow clone by an additional {step}...")
        repository.run("fetch", "--deepen", str(step), "origin", *flags)
        total += step
