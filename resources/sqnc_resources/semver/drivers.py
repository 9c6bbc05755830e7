"""Where the number is kept: a file that many writers share, in a git repository or in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqnc_resources.semver.values import Source
    from sqnc_resources.shared.files import SharedFiles
    from sqnc_resources.shared.git import GitFiles


def path(source: Source) -> str:
    """The path of the file."""
    return source.path if source.driver == "git" else source.key


def open_files(source: Source) -> AbstractContextManager[SharedFiles[Any]]:
    """Reach the files; raise ResourceError."""
    if source.driver == "s3":
        raise ResourceError("source.driver: s3 is not built in yet: expected git")
    return _git(source)


def history(source: Source, files: SharedFiles[Any]) -> Iterator[bytes]:
    """What the file held, now and before, the newest first; nothing where the driver does not know."""
    if source.driver != "git":
        return iter(())
    return cast("GitFiles", files).history(path(source))


def _git(source: Source) -> AbstractContextManager[SharedFiles[Any]]:
    from sqnc_resources import git  # noqa: PLC0415  (s3 needs none of it)
    from sqnc_resources.shared.git import git_files  # noqa: PLC0415  (as above)

    repository = git.Source(
        source.uri,
        source.branch,
        private_key=source.private_key,
        private_key_passphrase=source.private_key_passphrase,
        username=source.username,
        password=source.password,
        skip_ssl_verification=source.skip_ssl_verification,
    )
    return git_files(repository, author=source.git_user)
