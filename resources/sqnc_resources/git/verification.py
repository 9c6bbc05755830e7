"""Whether a commit is signed with one of the keys that the source names."""

from __future__ import annotations

from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from sqnc_resources.git.access import Access
    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source


def verify(repository: Repository, commit: str, source: Source, reach: Access) -> None:
    """Raise ResourceError unless *commit* has a good signature; without keys in *source* any commit will do.

    The keys lie in a keyring of their own, so that no other key of this machine counts.
    """
    if not source.commit_verification_keys and not source.commit_verification_key_ids:
        return
    home = Path(reach.folder, "gnupg")
    home.mkdir(mode=0o700)
    told = repository.with_variables({"GNUPGHOME": str(home)})
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
