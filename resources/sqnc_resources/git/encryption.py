"""Decrypts what git-crypt has encrypted."""

from __future__ import annotations

import binascii
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

from sqnc_resources import ResourceError, say

if TYPE_CHECKING:
    from sqnc_resources import Secret
    from sqnc_resources.git.access import Access
    from sqnc_resources.git.repository import Repository


def unlock(repository: Repository, key: Secret | None, reach: Access) -> None:
    """Decrypt the working tree; without a key there is nothing to do. Raise ResourceError."""
    if not key:
        return
    say("unlocking git repo")
    file = Path(reach.folder, "git-crypt-key")
    file.touch(mode=0o600)
    file.write_bytes(_decoded(key))
    status = repository.run_program("git-crypt", "unlock", str(file))
    file.unlink()
    if status:
        raise ResourceError(f"git-crypt unlock: exit {status}: is source.git_crypt_key the repository's?")


def _decoded(key: Secret) -> bytes:
    try:
        return b64decode("".join(key.reveal().split()), validate=True)
    except binascii.Error as error:
        raise ResourceError(
            "source.git_crypt_key: expected base64, as `git-crypt export-key -- - | base64` gives it"
        ) from error
