"""One file, an object of a bucket: compare-and-set with the conditions of S3's own writes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html is the source of the rules. The
object's metadata names the last changes, so that who got no answer finds out whether his change was made.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.answers import code
from sqnc_resources.s3.bucket import Bucket, open_bucket
from sqnc_resources.s3.upload import described, proof
from sqnc_resources.shared.files import Change, ConflictError
from sqnc_resources.streams import say
from sqnc_resources.web import StatusError, UnreachableError, WebError
from sqnc_resources.web.retries import Attempts

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqnc_resources.s3.values import Source
    from sqnc_resources.web import Reply

_CHANGES: Final = "x-amz-meta-sqnc-changes"
_MOST_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class ObjectSnapshot:
    """The object as it was, under the file's *path* here; *content* is None where there is none."""

    path: str
    content: bytes | None = field(repr=False)
    entity: str = ""
    """Its ETag."""
    changes: tuple[str, ...] = ()
    """What stands for its last changes, the newest last; of a change made by other programs nothing does."""

    @property
    def revision(self) -> str:
        return self.entity.strip('"')

    def read(self, path: str) -> bytes | None:
        return self.content if path == self.path else None

    def names(self, folder: str) -> tuple[str, ...]:
        parent, _, name = self.path.rpartition("/")
        return (name,) if self.content is not None and folder.strip("/") == parent else ()


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """The object *key*, as the only file there is, with the *path* of a file."""

    bucket: Bucket
    key: str
    path: str

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"s3://{self.bucket.place.bucket}/{self.key}"

    def snapshot(self) -> ObjectSnapshot:
        reply = self._ask("GET")
        if reply is None:
            return ObjectSnapshot(self.path, None)
        return ObjectSnapshot(self.path, reply.body, reply.headers.get("ETag", ""), _changes(reply))

    def replace(self, old: ObjectSnapshot, change: Change[object]) -> str:
        content = change.files.get(self.path)
        if content is None or len(change.files) > 1:
            raise ResourceError(f"{self.place}: it holds {self.path} alone, which cannot be removed")
        return _Write(self, old, content).make()

    def _ask(self, method: str) -> Reply | None:
        """None where there is no such object."""
        try:
            return self.bucket.send(method, self.bucket.object_url(self.key))
        except StatusError as error:
            if error.status != 404 or code(error) not in {
                "NoSuchKey",
                "",
            }:  # after HEAD there is no word for it
                raise
            return None

    def made_since(self, old: ObjectSnapshot, name: str) -> bool | None:
        """Whether the change *name* was made after *old*; None where nobody can say."""
        reply = self._ask("HEAD")
        found = _changes(reply) if reply is not None else ()
        if name in found:
            return True
        is_same = reply is not None and reply.headers.get("ETag", "") == old.entity
        is_known = bool(old.changes) and old.changes[-1] in found
        return False if is_same or is_known or (reply is None and not old.entity) else None


def s3_file(source: Source, key: str, path: str) -> AbstractContextManager[ObjectFile]:
    """Reach the object *key*; raise ResourceError."""
    return nullcontext(ObjectFile(open_bucket(source), key, path))


class _Write:
    """One change, which is tried until it is known whether it was made."""

    def __init__(self, file: ObjectFile, old: ObjectSnapshot, content: bytes) -> None:
        self._file = file
        self._old = old
        self._content = content
        self._name = os.urandom(6).hex()
        self._condition = {"If-Match": old.entity} if old.entity else {"If-None-Match": "*"}

    def make(self) -> str:
        attempts = Attempts(self._file.bucket.client.settings.patience, idempotent=True)
        is_unsure = False
        while True:
            try:
                return self._put()
            except StatusError as error:
                if _is_unknown(error) and self._condition:
                    self._do_without()
                    continue
                if error.status in {409, 412} or (error.status == 404 and code(error) == "NoSuchKey"):
                    return self._conflict(is_unsure=is_unsure)
                failure: WebError = error
                is_unsure |= error.status >= 500 and error.status != 503
            except WebError as error:
                failure = error
                is_unsure |= not isinstance(error, UnreachableError) or error.sent
            try:
                attempts.wait_or_raise(failure)
            except WebError:
                if is_unsure:
                    return self._unknown(failure)
                raise

    def _put(self) -> str:
        bucket, changes = self._file.bucket, (*self._old.changes, self._name)[-_MOST_CHANGES:]
        headers = {
            **described(bucket.source, "text/plain"),
            **proof(self._content, bucket.source),
            **self._condition,
            _CHANGES: " ".join(changes),
        }
        url = bucket.object_url(self._file.key)
        # not tried again by the client: after an answer that was lost, this change is its own conflict
        reply = bucket.send("PUT", url, headers, self._content, idempotent=False)
        return reply.headers.get("ETag", "").strip('"')

    def _do_without(self) -> None:
        """Compare by ourselves, at the last moment: all that there is with a service that cannot."""
        say(
            f"{self._file.place}: the service compares nothing before it writes: two writers at once may "
            "not see each other"
        )
        if self._file.snapshot().entity != self._old.entity:
            raise ConflictError(f"{self._file.place}: somebody else has changed it")
        self._condition = {}

    def _conflict(self, *, is_unsure: bool) -> str:
        error = ConflictError(f"{self._file.place}: somebody else has changed it")
        if not is_unsure:
            raise error
        return self._unknown(error)

    def _unknown(self, failure: ResourceError) -> str:
        """Find out whether the change was made by an attempt that got no answer."""
        match self._file.made_since(self._old, self._name):
            case True:
                return self._file.snapshot().revision
            case False:
                raise failure
        raise ResourceError(
            f"{self._file.place}: nobody can say whether it was changed: {failure}"
        ) from failure


def _changes(reply: Reply) -> tuple[str, ...]:
    return tuple(reply.headers.get(_CHANGES, "").split())


def _is_unknown(error: StatusError) -> bool:
    """Whether the service does not know conditions."""
    return error.status == 501 or code(error) == "NotImplemented"
