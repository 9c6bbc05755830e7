"""Whether a commit is signed with one of the keys that the source names."""

from __future__ import annotations

import os
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqnc_resources import ResourceError
from sqnc_resources.git.access import temporary_folders

if TYPE_CHECKING:
    from sqnc_resources.git.access import Access
    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source

_LONGEST_FOLDER: Final = 72
"""In a longer one no agent of GnuPG starts: a socket has a name of 107 bytes at most, its longest adds 35."""


def verify(repository: Repository, commit: str, source: Source, reach: Access) -> None:
    """Raise ResourceError unless *commit* has a good signature; without keys in *source* any commit will do.

    The keys lie in a keyring of their own, so that no other key of this machine counts.
    """
    if not source.commit_verification_keys and not source.commit_verification_key_ids:
        return
    folders = (reach.folder, *temporary_folders())
    folder = next((one for one in folders if len(os.fsencode(one)) <= _LONGEST_FOLDER), reach.folder)
    # its daemons remove their sockets as they end, which may be meanwhile
    with TemporaryDirectory(prefix="gnupg-", dir=folder, ignore_cleanup_errors=True) as home:
        told = repository.with_variables({"GNUPGHOME": home})
        try:
            _import(told, source)
            verified = told.attempt("verify-commit", commit)
        finally:
            if which("gpgconf"):
                told.run_program("gpgconf", "--kill", "all")  # daemons that it may have started
    if verified.status:
        raise ResourceError(f"The commit {commit} is not signed")


def _import(repository: Repository, source: Source) -> None:
    for key in source.commit_verification_keys:
        if repository.run_program("gpg", "--batch", "--import", stdin=key):
            raise ResourceError("Invalid GPG key in: " + "\n".join(source.commit_verification_keys))
    server = ("--keyserver", source.gpg_keyserver)
    for key_id in source.commit_verification_key_ids:
        if repository.run_program("gpg", "--batch", *server, "--recv-keys", "--", key_id):
            raise ResourceError(f"{source.gpg_keyserver} gives no GPG key {key_id}")
