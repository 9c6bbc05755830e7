"""A repository on this machine, and git at work in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqncshim import git
from sqncshim.git.process import environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_WORDS: Final = ("fatal:", "error:", "remote: error:", "ERROR:")


@dataclass(frozen=True, slots=True)
class Repository:
    """The folder, and what git is told each time: *variables* of its environment, and `-c` *settings*."""

    folder: str
    variables: Mapping[str, str]
    settings: tuple[str, ...] = ()

    def run(self, *arguments: str) -> str:
        """Run git for everybody to see; return its standard output, or raise ResourceError where it fails."""
        result = self.attempt(*arguments)
        if result.status:
            raise ResourceError(f"git {arguments[0]}: {last_words(result)}")
        return _text(result.stdout)

    def attempt(self, *arguments: str, shown: bool = True) -> git.Result:
        """Run git, for everybody to see unless *shown* is False, and return how it ended."""
        return self._git(*arguments, shown=shown)

    def ask(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """Return what git answers, unseen; raise ResourceError with all that it says where it fails."""
        return _text(self.ask_bytes(*arguments, stdin=stdin))

    def ask_bytes(self, *arguments: str, stdin: str | bytes | None = None) -> bytes:
        result = self._git(*arguments, stdin=stdin)
        if result.status:
            words = "; ".join(result.stderr.splitlines()) or f"exit {result.status}"
            raise ResourceError(f"git {arguments[0]}: {words}")
        return result.stdout

    def query(self, *arguments: str) -> str | None:
        """As `ask`, without the last newline; None where git fails, which is an answer too."""
        result = self._git(*arguments)
        return None if result.status else _text(result.stdout).rstrip("\n")

    def commit_of(self, revision: str) -> str | None:
        """The id of the commit that *revision* names; None where this repository does not hold it."""
        return self.query("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.ask("rev-parse", "--verify", "HEAD").strip()

    @property
    def path(self) -> Path:
        from pathlib import Path  # noqa: PLC0415  (check needs none)

        return Path(self.folder)

    def at(self, folder: str) -> Repository:
        """Another repository, with the same variables and settings."""
        return Repository(folder, self.variables, self.settings)

    def with_settings(self, *settings: str) -> Repository:
        """The same repository, with more settings: `name=value`."""
        return Repository(self.folder, self.variables, (*self.settings, *settings))

    def with_variables(self, variables: Mapping[str, str]) -> Repository:
        """The same repository, with more variables."""
        return Repository(self.folder, {**self.variables, **variables}, self.settings)

    def run_program(self, *command: str, stdin: str = "") -> int:
        """Run another program here, for everybody to see; return its exit status, or raise ResourceError."""
        from subprocess import run  # noqa: PLC0415  (check runs git alone)

        variables = {**environment(), **self.variables}
        told = stdin.encode()
        try:
            return run(command, input=told, stdout=2, cwd=self.folder, env=variables, check=False).returncode
        except FileNotFoundError as error:
            raise ResourceError(f"{command[0]} is not installed, and the source asks for it") from error

    def _git(self, *arguments: str, stdin: str | bytes | None = None, shown: bool = False) -> git.Result:
        flags = [flag for setting in self.settings for flag in ("-c", setting)]
        return git.run(
            *flags,
            *arguments,
            cwd=self.folder,
            stdin=stdin.encode(errors="surrogateescape") if isinstance(stdin, str) else stdin,
            check=False,
            variables=self.variables,
            shown=shown,
        )


def last_words(result: git.Result) -> str:
    """git's own reason, from what it said before it failed."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(_WORDS)]
    return "; ".join(told or lines[-1:]) or f"exit {result.status}"


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")
