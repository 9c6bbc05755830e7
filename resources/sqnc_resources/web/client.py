"""The client: sends requests, follows redirects, tries again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from sqnc_resources.keys import Secret
from sqnc_resources.web.authorization import Authorizer, basic
from sqnc_resources.web.errors import StatusError, WebError
from sqnc_resources.web.headers import merged, opened
from sqnc_resources.web.messages import FilePart, Incoming, Outgoing, Reply
from sqnc_resources.web.retries import Attempts
from sqnc_resources.web.settings import Settings
from sqnc_resources.web.transport import Transport
from sqnc_resources.web.urls import Origin, shown, without_userinfo

if TYPE_CHECKING:
    import os

    from sqnc_resources.web.download import Downloaded

LIMIT_BYTES: Final = 64 << 20
"""The longest body that is read into memory, where a call does not say otherwise."""
_ERROR_BYTES: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 10


class Client:
    """Sends requests, with connections that are kept; not for several threads at once."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        authorizer: Authorizer | None = None,
    ) -> None:
        """*headers* go with each request, those of the request before them."""
        self.settings = settings or Settings()
        self._headers = headers or {}
        self._authorizer = authorizer
        self._transport = Transport(self.settings)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        body: bytes | FilePart | None = None,
        expected: tuple[int, ...] = (),
        idempotent: bool | None = None,
        limit_bytes: int = LIMIT_BYTES,
    ) -> Reply:
        """Send a request, as often as it takes, and return the whole answer; raise WebError.

        See Outgoing for what the arguments mean, and the package for what is tried again.
        """
        outgoing = Outgoing(method, url, headers or {}, body, expected, idempotent)
        return self.exchange(outgoing, limit_bytes)

    def exchange(self, outgoing: Outgoing, limit_bytes: int = LIMIT_BYTES) -> Reply:
        """As `request`, for a request that is made already."""
        outgoing = replace(outgoing, headers={"Accept-Encoding": "gzip", **outgoing.headers})
        attempts = Attempts(self.settings.patience, idempotent=outgoing.is_idempotent)
        is_file = isinstance(outgoing.body, FilePart)  # which takes as long as it takes
        while True:
            try:
                with self.send(outgoing, None if is_file else attempts.deadline) as incoming:
                    whole = incoming.read(limit_bytes)
                    sensitive = self.settings.sensitive
                    return Reply(incoming.status, incoming.url, incoming.headers, whole, sensitive)
            except WebError as error:
                if is_file:
                    attempts.extend()
                attempts.wait_or_raise(error)

    def download(
        self,
        url: str | Outgoing,
        file: str | os.PathLike[str],
        *,
        headers: Mapping[str, str | Secret] | None = None,
        digest: str | None = None,
        size: int | None = None,
    ) -> Downloaded:
        """Get *url* into *file*, which is whole afterwards or not there at all; an older one stays as it was.

        *digest* (`sha256:<hex>`, or of another algorithm that hashlib has) and *size* are what it must have.
        Only a GET is resumed. Raise WebError; ResourceError where the file cannot be written.
        """
        from sqnc_resources.web.download import Download, Promise  # noqa: PLC0415  (check downloads nothing)

        asked = Outgoing("GET", url, expected=(200,)) if isinstance(url, str) else url
        given = {"Accept-Encoding": "identity", **asked.headers, **(headers or {})}
        return Download(self, replace(asked, headers=given), file, Promise.parse(digest, size)).run()

    @contextmanager
    def send(self, outgoing: Outgoing, deadline: float | None = None) -> Iterator[Incoming]:
        """Send a request once, redirects followed; raise WebError.

        *deadline*, by the monotonic clock, is when the body has to be here. None leaves it to `read_s` for
        each part of it.
        """
        try:
            incoming = self._answer(outgoing, deadline)
        except StatusError as error:
            authorizer = self._authorizer if error.status == 401 and error.at_home else None
            if authorizer is None or not authorizer.refused(error):
                raise
            incoming = self._answer(outgoing, deadline)
        try:
            yield incoming
        finally:
            incoming.close()

    def _answer(self, outgoing: Outgoing, deadline: float | None) -> Incoming:
        """The first answer that is no redirect; raise StatusError where it is not one that is expected."""
        what = outgoing.what
        home, current, at_home = Origin.of(outgoing.url), outgoing, True
        for _ in range(_MOST_REDIRECTS + 1):
            at_home = at_home and home.trusts(Origin.of(current.url))  # who has left does not come back
            incoming = self._once(current, deadline, at_home=at_home)
            following = _redirected(current, incoming) if not outgoing.expects(incoming.status) else None
            if following is None:
                break
            incoming.close()
            current = following
        else:
            raise WebError(
                f"{what}: more than {_MOST_REDIRECTS} redirects, the last one to {shown(current.url)}"
            )
        if outgoing.expects(incoming.status):
            return incoming
        try:
            body = incoming.begin(_ERROR_BYTES)
        finally:
            incoming.close()
        sensitive = self.settings.sensitive
        raise StatusError(
            current.what, incoming.status, incoming.headers, body, at_home=at_home, sensitive=sensitive
        )

    def _once(self, outgoing: Outgoing, deadline: float | None, *, at_home: bool) -> Incoming:
        url, userinfo = without_userinfo(outgoing.url)
        ours = merged({"User-Agent": self.settings.user_agent}, self._headers)
        headers = opened(merged(ours, outgoing.headers), at_home=at_home)
        if userinfo is not None:
            headers = merged(headers, {"Authorization": basic(*userinfo)})
        if self._authorizer is not None and at_home:
            headers = merged(headers, self._authorizer.headers(replace(outgoing, url=url)))
        return self._transport.send(replace(outgoing, url=url), headers, deadline)


def _redirected(outgoing: Outgoing, incoming: Incoming) -> Outgoing | None:
    """The request that a redirect asks for; None where the answer is no redirect. Raise WebError.

    RFC 9110 lets a POST become a GET with 301 and 302: what was to be done would not be done then.
    """
    location = incoming.headers.get("Location")
    if incoming.status not in _REDIRECTS or not location:
        return None
    target = urljoin(outgoing.url, location)
    if incoming.status == 303 and outgoing.method not in {"GET", "HEAD"}:
        return replace(outgoing, method="GET", url=target, body=None, headers=_without_body(outgoing.headers))
    if outgoing.method == "POST" and incoming.status in {301, 302}:
        incoming.close()
        raise WebError(
            f"{outgoing.what}: {incoming.status}: the server has it at {shown(target)}: use that address"
        )
    if outgoing.body is not None and (outgoing.url[:6], target[:5]) == ("https:", "http:"):
        incoming.close()
        raise WebError(f"{outgoing.what}: redirected to {shown(target)}, where what is sent could be read")
    return replace(outgoing, url=target)


def _without_body(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
