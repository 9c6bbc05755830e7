"""Which commits and tags count: by paths, messages and names. git itself matches all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.git.access import Access
    from sqnc_resources.git.values import Source

_CI_SKIP: Final = (r"\[ci\sskip\]", r"\[skip\sci\]")


def pathspecs(source: Source) -> Sequence[str]:
    """What follows `--`; nothing where any path will do."""
    if source.any_path:
        return ()
    return (*(source.paths or (".",)), *(f":!{path}" for path in source.ignore_paths))


def message_filters(source: Source) -> Sequence[Sequence[str]]:
    """Options of `git rev-list`, for one process after the other: a commit counts that passes all of them.

    One process can match either what messages must hold or what they must not.
    """
    chosen = source.commit_filter
    unwanted = () if source.disable_ci_skip else _CI_SKIP
    filters = []
    if chosen.exclude and chosen.exclude_all_match:
        filters.append(["--invert-grep", "--all-match", *_greps(chosen.exclude)])
    else:
        unwanted = (*unwanted, *chosen.exclude)
    if unwanted:
        filters.append(["--invert-grep", *_greps(unwanted)])
    if chosen.include:
        filters.append([*_greps(chosen.include), *(["--all-match"] if chosen.include_all_match else [])])
    return filters or [[]]


def _greps(patterns: Sequence[str]) -> Sequence[str]:
    return [f"--grep={pattern}" for pattern in patterns]


def matching(names: Sequence[str], regex: str, reach: Access) -> set[str]:
    """Those of *names* that *regex* matches whole, as `grep -Ex` does; raise ResourceError for a bad one.

    `git grep` does it: the expressions are the C library's, and a grep program is not everywhere.
    """
    with open(f"{reach.folder}/names", "w", errors="surrogateescape") as file:
        file.writelines(f"{name}\n" for name in names)
    options = ["--no-index", "-E", "-h", "-a", "--no-line-number", "--no-column", "--no-color"]
    patterns = [option for line in regex.splitlines() for option in ("-e", f"^({line})$")]
    result = reach.git("grep", *options, *patterns, "--", "names", cwd=reach.folder, check=False, shown=False)
    if result.status > 1:
        raise ResourceError(f"source.tag_regex: {result.stderr}")
    return set(result.stdout.decode(errors="surrogateescape").splitlines())
