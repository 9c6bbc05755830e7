"""What an answer is asked for, in memory and in a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.web import Reply
from sqnc_resources.web.client import LIMIT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ReplyBody:
    """The body of a reply, in memory."""

    reply: Reply

    def json(self) -> object:
        return self.reply.json()

    def sha256(self) -> str:
        from hashlib import sha256  # noqa: PLC0415  (few rules need it)

        return sha256(self.reply.body).hexdigest()


@dataclass(frozen=True, slots=True)
class FileBody:
    """The body that a get wrote."""

    file: Path

    def json(self) -> object:
        if self.file.stat().st_size > LIMIT_BYTES:
            raise ResourceError(f"the body is longer than {LIMIT_BYTES} bytes: too long for a path in it")
        try:
            value: object = json.loads(self.file.read_bytes())
        except (ValueError, RecursionError) as error:
            raise ResourceError(f"the body is no JSON: {error}") from error
        return value

    def sha256(self) -> str:
        from hashlib import sha256  # noqa: PLC0415  (few rules need it)

        found = sha256()
        with self.file.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        return found.hexdigest()
