"""One request and its answer through urllib3: the only module that sends."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.web.authorization import basic
from sqnc_resources.web.errors import UnreachableError, WebError
from sqnc_resources.web.headers import merged
from sqnc_resources.web.library import exceptions, urllib3
from sqnc_resources.web.messages import CHUNK_BYTES, FilePart, Incoming, Outgoing
from sqnc_resources.web.proxies import Proxies
from sqnc_resources.web.urls import Origin, shown, without_userinfo

if TYPE_CHECKING:
    import ssl
    from typing import BinaryIO

    from sqnc_resources.web.settings import Settings

_UNSENT: Final = (exceptions.ConnectTimeoutError, exceptions.NewConnectionError, exceptions.ProxyError)
"""What happens before the request is on its way."""
_NO_ADDRESS: Final = "the address cannot be read"
_NO_NAME: Final = "the host's name is none"
_WORDS: Final[Sequence[tuple[type[Exception], str]]] = (
    (exceptions.NameResolutionError, "there is no such host, or no name server that answers"),
    (exceptions.NewConnectionError, ""),
    (exceptions.ConnectTimeoutError, "the connection was not made in time"),
    (exceptions.ReadTimeoutError, "it did not come in time"),
    (exceptions.LocationValueError, _NO_ADDRESS),
    (exceptions.ProxyError, ""),
    (exceptions.SSLError, ""),
)
"""What is said of each; the first class that fits counts, and nothing stands for what the system says."""


class Transport:
    """Keeps the connections to servers and through proxies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._proxies = Proxies.from_environment() if settings.proxies is None else settings.proxies
        self._managers: dict[tuple[str, str | None], urllib3.PoolManager] = {}

    def send(self, outgoing: Outgoing, headers: Mapping[str, str], deadline: float | None) -> Incoming:
        """Send *outgoing* with these *headers*, once; raise UnreachableError where there is no answer."""
        origin = Origin.of(outgoing.url)
        proxy = self._proxies.for_origin(*origin)
        part = outgoing.body
        body: bytes | _PartReader | None = _PartReader(part) if isinstance(part, FilePart) else part
        if isinstance(body, _PartReader):
            headers = merged(headers, {"Content-Length": str(body.left)})
        try:
            response = self._manager(origin.scheme, proxy).urlopen(
                outgoing.method,
                outgoing.url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=self._timeout(deadline),
            )
        except (exceptions.HTTPError, UnicodeError) as error:
            raise _unreachable(outgoing, proxy, error) from error
        finally:
            if isinstance(body, _PartReader):
                body.close()
        return Incoming(response, outgoing.what, outgoing.url, deadline)

    def _timeout(self, deadline: float | None) -> urllib3.Timeout:
        patience = self._settings.patience
        left = float("inf") if deadline is None else max(deadline - time.monotonic(), 0.001)
        return urllib3.Timeout(connect=min(patience.connect_s, left), read=min(patience.read_s, left))

    def _manager(self, scheme: str, proxy: str | None) -> urllib3.PoolManager:
        if (scheme, proxy) not in self._managers:
            self._managers[scheme, proxy] = self._new_manager(scheme, proxy)
        return self._managers[scheme, proxy]

    def _new_manager(self, scheme: str, proxy: str | None) -> urllib3.PoolManager:
        # a plain connection does without certificates, which take 10 ms to read
        secure = scheme == "https"
        context = self._context if secure else None
        if proxy is None:
            return urllib3.PoolManager(ssl_context=context, blocksize=CHUNK_BYTES)
        place, userinfo = without_userinfo(proxy)
        if not place.startswith(("http://", "https://")):
            raise WebError(f"proxy {shown(proxy)}: expected http://host:port or https://host:port")
        return urllib3.ProxyManager(
            place,
            proxy_headers={"Proxy-Authorization": basic(*userinfo)} if userinfo else None,
            proxy_ssl_context=self._context if place.startswith("https:") else None,
            ssl_context=context,
            blocksize=CHUNK_BYTES,
        )

    @cached_property
    def _context(self) -> ssl.SSLContext:
        from sqnc_resources.web import tls  # noqa: PLC0415  (plain http needs none)

        if self._settings.insecure:  # who wrote `insecure` knows
            urllib3.disable_warnings(exceptions.InsecureRequestWarning)
        return tls.context(self._settings)


def _unreachable(outgoing: Outgoing, proxy: str | None, error: Exception) -> UnreachableError:
    through = f" through the proxy {shown(proxy)}" if proxy else ""
    why = _reason(error)
    distrusted = "CERTIFICATE_VERIFY_FAILED" in why
    hint = " (give the certificate of its authority, or skip the check of certificates)" if distrusted else ""
    return UnreachableError(
        f"{outgoing.what}: no answer{through}: {why}{hint}",
        sent=not isinstance(error, _UNSENT),
        final=distrusted or why in {_NO_ADDRESS, _NO_NAME} or "Tunnel connection failed: 4" in why,
    )


def _reason(error: Exception) -> str:
    """What went wrong, without the URL and the headers that the messages of libraries hold."""
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words or _words(_innermost(error))
    if isinstance(error, exceptions.HTTPError) and len(error.args) > 1:
        return _words(error.args[1])
    return _words(_innermost(error))


def _innermost(error: BaseException) -> BaseException:
    """What urllib3 has wrapped."""
    inner = error.__cause__ or error.__context__
    if inner is None:
        return error
    return _innermost(inner) if isinstance(inner, exceptions.HTTPError) else inner


def _words(error: object) -> str:
    match error:
        case UnicodeError():
            return _NO_NAME
        case OSError(strerror=str(words)):
            return words
    return " ".join(str(error).split()) or type(error).__name__


class _PartReader:
    """Reads a FilePart; never more of it than was promised."""

    def __init__(self, part: FilePart) -> None:
        self.left = part.length
        self._path = os.fspath(part.path)
        try:
            self._file: BinaryIO = open(self._path, "rb")  # noqa: SIM115  (closed by `close`)
        except OSError as error:
            raise ResourceError(f"cannot read {self._path}: {error.strerror}") from error
        self._file.seek(part.offset)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self.left if size < 0 else min(size, self.left))
        if not data and self.left:
            raise ResourceError(f"{self._path} became shorter while it was sent")
        self.left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()
