"""Problem matchers of a job: what `::add-matcher::` names reads the output of its steps from there on."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actions_compat.matchers import MatcherAnswer, MatcherSet, ProblemMatcher
    from sqncshim.agent import Agent

_KEPT_BYTES: Final = 256 * 1024  # of a line; a matcher passes over lines that are much shorter


@frozen
class StepFiles:
    """The files of a step, as its container sees them."""

    agent: Agent
    workspace: str

    def matchers(self, path: str) -> tuple[ProblemMatcher, ...]:
        """Read a configuration, relative to the workspace; raise MatcherError and AgentFailure."""
        from actions_compat.matchers import MatcherError, parse_matchers  # noqa: PLC0415  (few jobs have any)

        content = self.agent.get_file(posixpath.join(self.workspace, path))
        if content is None:
            raise MatcherError(f"{path}: there is no such file")
        return parse_matchers(content)

    def in_workspace(self, path: str) -> str | None:
        """*path* relative to the workspace; None where it is no file of it."""
        full = posixpath.normpath(posixpath.join(self.workspace, path))
        inside = full.startswith(f"{self.workspace}/") and self.agent.exists(full)
        return posixpath.relpath(full, self.workspace) if inside else None


class JobMatchers:
    """What each step of the job starts with: one matcher for an owner, the newest first."""

    def __init__(self) -> None:
        self._known: dict[str, ProblemMatcher] = {}

    def add(self, matchers: Sequence[ProblemMatcher]) -> None:
        for matcher in matchers:
            self._known = {matcher.owner.lower(): matcher, **self._without(matcher.owner)}

    def remove(self, owners: Sequence[str]) -> None:
        for owner in owners:
            self._known = self._without(owner)

    def _without(self, owner: str) -> dict[str, ProblemMatcher]:
        return {name: matcher for name, matcher in self._known.items() if name != owner.lower()}

    def reader(self) -> MatchingReader:
        return MatchingReader(list(self._known.values()))


class MatchingReader:
    """The matchers of one stream of one step."""

    def __init__(self, matchers: Sequence[ProblemMatcher]) -> None:
        self._matchers: MatcherSet | None = None
        self._line = bytearray()
        self.add(matchers[::-1])

    def add(self, matchers: Sequence[ProblemMatcher]) -> None:
        """The last one is asked first."""
        for matcher in matchers:
            if self._matchers is None:
                from actions_compat.matchers import MatcherSet  # noqa: PLC0415  (few jobs have any)

                self._matchers = MatcherSet()
            self._matchers.add(matcher)

    def remove(self, owners: Sequence[str]) -> None:
        for owner in owners:
            if self._matchers is not None:
                self._matchers.remove(owner)

    def feed(self, data: bytes) -> Iterator[MatcherAnswer]:
        """Take output that holds no command; tell what became of each line that is whole by now."""
        if not self._matchers:
            self._line.clear()
            return
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._keep(part)
            yield self._match(self._matchers)
        self._keep(rest)

    def flush(self) -> Iterator[MatcherAnswer]:
        """Take a last line without an end."""
        if self._matchers and self._line:
            yield self._match(self._matchers)

    def _keep(self, part: bytes) -> None:
        self._line += part[: _KEPT_BYTES - len(self._line)]

    def _match(self, matchers: MatcherSet) -> MatcherAnswer:
        line = bytes(self._line).removesuffix(b"\r").decode(errors="replace")
        self._line.clear()
        return matchers.match(line)
