"""Fetches submodules: the wanted ones, each with the credentials that open it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqnc_resources import say
from sqnc_resources.git.deepening import deepen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqnc_resources.git.access import Access
    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import GetParams, Source

_KEYS: Final = r"^submodule\..+\.(path|url)$"
_WANTED: Final = "wanted:"


@dataclass(frozen=True, slots=True)
class Submodule:
    """A submodule as `.gitmodules` has it; its name need not be its path."""

    name: str
    path: str
    url: str


def update(repository: Repository, source: Source, params: GetParams, reach: Access) -> None:
    """Fetch and check out the submodules that *params* want; raise ResourceError where one cannot be had."""
    if params.submodules != "none":
        chosen = [one for one in _listed(repository) if _is_wanted(one.path, params.submodules)]
        _Update(source, params, reach).all(chosen, repository)


@dataclass(frozen=True, slots=True)
class _Update:
    source: Source
    params: GetParams
    reach: Access

    def all(self, submodules: Sequence[Submodule], repository: Repository) -> None:
        for submodule in submodules:
            if not (repository.path / submodule.path).exists():
                say(f"\033[31mwarning: skipping missing submodule: {submodule.path}\033[0m")
                continue
            with self._opened(repository, submodule) as opened:
                if self.params.depth > 0:
                    self._shallow(opened, submodule)
                else:
                    recursive = ("--recursive",) if self.params.submodule_recursive else ()
                    self._git(opened, submodule, *recursive)

    @contextmanager
    def _opened(self, repository: Repository, submodule: Submodule) -> Iterator[Repository]:
        """The repository, with the ssh key of *submodule* in place of the source's where it has its own."""
        for credential in self.source.submodule_credentials:
            if credential.private_key and credential.url == submodule.url:
                with self.reach.with_key(credential.private_key, credential.private_key_passphrase) as inner:
                    yield repository.with_variables(inner.variables)
                return
        yield repository

    def _git(self, repository: Repository, submodule: Submodule, *flags: str) -> str:
        remote = ("--remote",) if self.params.submodule_remote else ()
        return repository.run(
            "submodule", "update", "--init", "--no-fetch", *remote, *flags, "--", submodule.path
        )

    def _shallow(self, repository: Repository, submodule: Submodule) -> None:
        """Let git clone the submodule and only say which commit it wants, which may lie below the clone."""
        asking = repository.with_settings(f"submodule.{submodule.name}.update=!echo {_WANTED}")
        branches = ("--no-single-branch",) if self.params.submodule_remote else ()
        said = self._git(asking, submodule, f"--depth={self.params.depth}", *branches)
        commit = re.findall(f"^{_WANTED} ([0-9a-f]+)$", said, re.MULTILINE)[-1]
        inner = repository.at(f"{repository.folder}/{submodule.path}")
        deepen(inner, commit, self.params.depth)
        inner.run("checkout", "--force", "--quiet", commit, "--")
        if self.params.submodule_recursive:
            self.all(_listed(inner), inner)


def _listed(repository: Repository) -> Sequence[Submodule]:
    """The submodules that `.gitmodules` names, in its order; none without that file."""
    if not (repository.path / ".gitmodules").is_file():
        return ()
    listed = repository.query("config", "--file", ".gitmodules", "--null", "--get-regexp", _KEYS) or ""
    found: dict[str, dict[str, str]] = {}
    for entry in listed.split("\0")[:-1]:
        key, _, value = entry.partition("\n")
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        found.setdefault(name, {})[what] = value
    return [Submodule(name, of["path"], of.get("url", "")) for name, of in found.items() if "path" in of]


def _is_wanted(path: str, wanted: Literal["all"] | Sequence[str]) -> bool:
    """Whether *path* is asked for; a wanted path may be its end, or a regular expression for that."""
    if wanted == "all":
        return True
    try:
        return any(re.search(f"(?:{end})$", path) for end in wanted)
    except re.error:  # a path that is no expression
        return path in wanted
