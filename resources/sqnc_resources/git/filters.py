"""Which commits and tags count: by paths, messages and names. git itself matches all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source

_CI_SKIP: Final = (r"\[ci\sskip\]", r"\[skip\sci\]")


def pathspecs(source: Source) -> Sequence[str]:
    """What follows `--`; nothing where any path will do."""
    if source.any_path:
        return ()
    return (*(source.paths or (".",)), *(f":!{path}" for path in source.ignore_paths))


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Patterns for messages, as options of `git rev-list`; a commit that they match counts, or does not."""

    greps: Sequence[str] = ()
    excludes: bool = False

    @classmethod
    def of(cls, patterns: Sequence[str], *, match_all: bool = False, excludes: bool = False) -> Self:
        return cls(
            [*(f"--grep={one}" for one in patterns), *(["--all-match"] if match_all else [])], excludes
        )

    @property
    def options(self) -> Sequence[str]:
        """What makes `git rev-list` list the commits that count."""
        return ["--invert-grep", *self.greps] if self.excludes else self.greps


def message_filters(source: Source) -> Sequence[MessageFilter]:
    """What a commit must pass, one after the other; at least one, whose *options* are good for a walk.

    git cannot look for some words and against others at once, nor against several that come together.
    """
    chosen = source.commit_filter
    unwanted = () if source.disable_ci_skip else _CI_SKIP
    filters = []
    if not chosen.exclude_all_match:
        unwanted = (*unwanted, *chosen.exclude)
    if unwanted:
        filters.append(MessageFilter.of(unwanted, excludes=True))
    if chosen.include:
        filters.append(MessageFilter.of(chosen.include, match_all=chosen.include_all_match))
    if chosen.exclude and chosen.exclude_all_match:
        filters = filters or [MessageFilter()]
        filters.append(MessageFilter.of(chosen.exclude, match_all=True, excludes=True))
    return filters or [MessageFilter()]


def matching(names: Sequence[str], regex: str, scratch: Repository) -> set[str]:
    """Those of *names* that *regex* matches whole, as `grep -Ex` does; raise ResourceError for a bad one.

    `git grep` does it, in the folder *scratch*, which need be no repository: the expressions are the C
    library's, and a grep program is not everywhere.
    """
    with open(f"{scratch.folder}/names", "w", errors="surrogateescape") as file:
        file.writelines(f"{name}\n" for name in names)
    options = ["--no-index", "-E", "-h", "-a", "--no-line-number", "--no-column", "--no-color"]
    patterns = [option for line in regex.splitlines() for option in ("-e", f"^({line})$")]
    result = scratch.attempt("grep", *options, *patterns, "--", "names", shown=False)
    if result.status > 1:
        raise ResourceError(f"source.tag_regex: {result.stderr}")
    return set(result.stdout.decode(errors="surrogateescape").splitlines())
