"""Which versions there are, and in what order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sqnc_resources.conform.executor import CHECK, IN, Outcome
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.subject import Broken, Subject, Unjudged

if TYPE_CHECKING:
    from sqnc_resources.conform.scenario import Version

RULES: Final = Rules()
_HEX: Final = re.compile(r"[0-9a-f]{7,}")
_ROTATED: Final = str.maketrans("0123456789abcdef", "123456789abcdef0")


@RULES.rule(
    "first-check-is-newest",
    "answers a check without a version with the newest version alone",
    why="A new pipeline would start with the whole history, and a job with `version: every` would build all "
    "of it.",
    remedy="without a version answer with the last one only",
)
def first_check_is_newest(subject: Subject) -> str:
    subject.base(CHECK)
    if len(subject.found) > 1:
        raise Broken(f"the first check answers with {len(subject.found)} versions")
    if subject.found and subject.scenario.versions and subject.found[-1] != subject.scenario.versions[-1]:
        raise Broken(
            f"the newest version is {subject.scenario.versions[-1]}, and check finds {subject.found[-1]}"
        )
    return f"{len(subject.found)} version"


@RULES.rule(
    "current-version-included",
    "answers a check from a version that still exists with that version first",
    why="Concourse gives the version it knows and reads its absence as: this one is gone.",
    remedy="start the list with the version that was given",
)
def current_version_included(subject: Subject) -> str:
    subject.base(CHECK)
    for version in _known(subject):
        found = subject.versions(_check_from(subject, version))
        if found[:1] != [version]:
            raise Broken(f"from {words(version)} on check finds {lists(found)}")
    return f"from {len(_known(subject))} versions on"


@RULES.rule(
    "unknown-version-forgotten",
    "answers a check from a version that is gone with the newest version, without the one that is gone",
    why="After a force-push Concourse asks from a version that is gone; if check fails or gives it back, "
    "the resource stays broken until somebody resets it.",
    remedy="when the given version is not found, answer as for a first check",
)
def unknown_version_forgotten(subject: Subject) -> str:
    newest, unknown = subject.newest, unknown_version(subject)
    outcome = _check_from(subject, unknown)
    subject.demand(outcome, f"from {words(unknown)} on")
    found = subject.versions(outcome)
    if unknown in found:
        raise Broken(f"check gives back {words(unknown)}, which does not exist")
    if not found or (found[-1] != newest and found[-1].keys() != newest.keys()):
        raise Broken(f"the newest version is {words(newest)}, and check finds {lists(found)}")
    return f"{len(found)} versions"


@RULES.rule(
    "no-version-lost",
    "finds every version since a given one",
    why="A job with `version: every` never builds what check leaves out.",
    remedy="answer with all versions from the given one on, not only with the last",
)
def no_version_lost(subject: Subject) -> str:
    versions = _history(subject)
    for start, version in enumerate(versions):
        found = subject.versions(_check_from(subject, version))
        lost = [each for each in versions[start + 1 :] if each not in found]
        if lost:
            raise Broken(f"from {words(version)} on check does not find {lists(lost)}")
    return f"{len(versions)} versions"


@RULES.rule(
    "oldest-first",
    "lists versions oldest first",
    why="Concourse takes the last one for the newest; an order that was wrong once stays wrong in its "
    "history.",
    remedy="turn the list around: the newest version comes last",
)
def oldest_first(subject: Subject) -> str:
    versions = _history(subject)
    found = subject.versions(_check_from(subject, versions[0]))
    listed = [version for version in found if version in versions]
    expected = sorted(listed, key=versions.index)
    if listed != expected:
        raise Broken(f"expected {lists(expected)}, and check finds {lists(listed)}")
    return lists(listed)


@RULES.rule(
    "no-version-doubled",
    "lists each version once",
    why="Two things that happened become one version, and one of them is never built: a time without its "
    "fraction of a second does that.",
    remedy="put all that tells two versions apart into the version",
)
def no_version_doubled(subject: Subject) -> str:
    subject.base(CHECK)
    counted = 0
    for version in _known(subject):
        found = subject.versions(_check_from(subject, version))
        doubled = [each for place, each in enumerate(found) if each in found[:place]]
        if doubled:
            raise Broken(f"from {words(version)} on check finds {words(doubled[0])} twice")
        counted += len(found)
    return f"{counted} versions"


@RULES.rule(
    "check-is-repeatable",
    "answers the same check twice with the same list",
    why="A version that differs in one key is a new version, and each check would trigger a build.",
    remedy="leave out of the version what changes by itself, such as the time of the check; sort what has "
    "no order",
)
def check_is_repeatable(subject: Subject) -> str:
    first = subject.versions(subject.next_check)
    second = subject.versions(subject.second_next_check)
    if first != second:
        raise Broken(f"first {lists(first)}, then {lists(second)}")
    return lists(first)


@RULES.rule(
    "older-versions-are-read",
    "takes versions that an older release of it wrote",
    why="Histories outlive releases: after an update Concourse hands over what it stored years ago.",
    remedy="give each key that was added a default, and read a renamed one by its old name, too",
)
def older_versions_are_read(subject: Subject) -> str:
    subject.base(CHECK)
    if not subject.scenario.old_versions:
        raise Unjudged("the scenario has no `old_versions`")
    for version in subject.scenario.old_versions:
        for role in (CHECK, IN):
            outcome = subject.ask(role, subject.request(role, version))
            subject.demand(outcome, f"{role} of {words(version)}")
    return f"{len(subject.scenario.old_versions)} versions"


@RULES.rule(
    "own-version-is-read",
    "takes the version that it made itself, in a check",
    why="What check answers is what Concourse asks with; a value that cannot be read back ends every later "
    "check.",
    remedy="write a version so that you can read it: leave out a key without a value, instead of writing "
    "`None`",
)
def own_version_is_read(subject: Subject) -> str:
    subject.base(CHECK)
    outcome = subject.next_check
    subject.demand(outcome, f"check from {words(subject.newest)} on")
    return words(subject.newest)


@RULES.rule(
    "same-in-every-time-zone",
    "makes the same versions in every time zone",
    why="Workers differ in their settings; the same thing as two versions triggers builds and loses the "
    "order.",
    remedy="write times in UTC, or with their offset",
)
def same_in_every_time_zone(subject: Subject) -> str:
    newest = subject.newest
    here, there = (
        subject.versions(
            subject.ask(CHECK, subject.request(CHECK, newest), env={**subject.env(), "TZ": zone})
        )
        for zone in ("UTC0", "XYZ-9:30")
    )
    if here != there:
        raise Broken(f"in UTC {lists(here)}, half a day away {lists(there)}")
    return lists(here)


def _known(subject: Subject) -> Sequence[Version]:
    """Versions to check from; raise Unjudged where there is none."""
    return subject.scenario.versions or [subject.newest]


def _history(subject: Subject) -> Sequence[Version]:
    subject.base(CHECK)
    if len(subject.scenario.versions) < 2:
        raise Unjudged("the scenario lists no `versions`, oldest first")
    return subject.scenario.versions


def _check_from(subject: Subject, version: Version) -> Outcome:
    request = subject.request(CHECK, version)
    return subject.once(f"check from {sorted(version.items())}", lambda: subject.ask(CHECK, request))


def unknown_version(subject: Subject) -> Version:
    """A version that does not exist; raise Unjudged where every one does."""
    if subject.scenario.every_version:
        raise Unjudged("the scenario says that every version exists")
    return subject.scenario.unknown_version or {name: _altered(text) for name, text in subject.newest.items()}


def _altered(text: str) -> str:
    """A text of the same form that names nothing: a commit's digits turned by one, a number far away."""
    if _HEX.fullmatch(text):
        return text.translate(_ROTATED)
    return f"9999{text}" if text.isdecimal() else f"{text}-unknown"


def words(version: Mapping[str, str]) -> str:
    """A version in one line."""
    return ", ".join(f"{name}: {value}" for name, value in version.items())


def lists(versions: Sequence[Mapping[str, str]]) -> str:
    """Versions in one line, the first five of them."""
    shown = [words(version) for version in versions[:5]]
    more = [f"and {len(versions) - 5} more"] if len(versions) > 5 else []
    return "; ".join(shown + more) or "nothing"
