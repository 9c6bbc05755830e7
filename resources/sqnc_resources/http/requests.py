"""The request that source and params ask for, and the client that sends it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.web import (
    Basic,
    Bearer,
    Client,
    ClientCertificate,
    FilePart,
    Outgoing,
    Patience,
    Proxies,
    Settings,
)
from sqnc_resources.web.headers import merged

if TYPE_CHECKING:
    from sqnc_resources.http.values import GetParams, PutParams, Source

BUILD_VARIABLES: Final = (
    "ATC_EXTERNAL_URL",
    "BUILD_CREATED_BY",
    "BUILD_ID",
    "BUILD_JOB_ID",
    "BUILD_JOB_NAME",
    "BUILD_NAME",
    "BUILD_PIPELINE_ID",
    "BUILD_PIPELINE_INSTANCE_VARS",
    "BUILD_PIPELINE_NAME",
    "BUILD_STATUS",
    "BUILD_TEAM_ID",
    "BUILD_TEAM_NAME",
    "BUILD_URL",
    "BUILD_URL_SHORT",
)
"""What engines tell a step about its build; a variable that is not set is empty."""
_SECRET_HEADER: Final = re.compile(r"auth|cookie|key|password|secret|signature|token", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def client(source: Source, params: GetParams | PutParams | None = None) -> Client:
    """A client as *source* describes it, which shows nothing of answers that are sensitive."""
    own = None
    if source.client_certificate:
        own = ClientCertificate(source.client_certificate, source.client_key, source.client_key_passphrase)
    total_s = source.timeout.seconds if source.timeout is not None else Patience().total_s
    patience = Patience(
        connect_s=min(30, total_s), read_s=min(60, total_s), total_s=total_s, attempts=source.attempts
    )
    settings = Settings(
        ca_certs=(source.ca_certs,) if isinstance(source.ca_certs, str) else source.ca_certs,
        client_certificate=own,
        insecure=source.insecure,
        proxies=None if source.proxy is None else Proxies(source.proxy, source.proxy, source.no_proxy),
        patience=patience,
        sensitive=is_sensitive(source, params),
    )
    return Client(settings, authorizer=_authorizer(source))


def _authorizer(source: Source) -> Basic | Bearer | None:
    if source.token:
        return Bearer(source.token)
    if source.username or source.password:
        return Basic(source.username, source.password or Secret(""))
    return None


def outgoing(source: Source, params: GetParams | PutParams | None, method: str, folder: str = "") -> Outgoing:
    """The request; *method* is the one where nothing names another, *folder* where a put's inputs are."""
    texts = _Texts.of(source, params, folder)
    headers = merged(source.headers or {}, (params and params.headers) or {})
    query = {**(source.query or {}), **((params and params.query) or {})}
    kind, body = _body(source, params, folder, texts)
    if kind:
        headers = merged({"Content-Type": kind}, headers)
    statuses = params.statuses if params and params.statuses is not None else source.statuses
    return Outgoing(
        ((params and params.method) or source.method or method).upper(),
        _with_query(texts.filled("url", getattr(params, "url", "") or source.url), query),
        {name: _private(name, texts.filled("headers", value)) for name, value in headers.items()},
        body,
        tuple(number for one in statuses for number in one.numbers),
        _is_repeatable(source, params),
    )


def is_sensitive(source: Source, params: GetParams | PutParams | None) -> bool:
    """Whether nothing of an answer may be shown."""
    return source.sensitive if params is None or params.sensitive is None else params.sensitive


def _is_repeatable(source: Source, params: GetParams | PutParams | None) -> bool | None:
    chosen = getattr(params, "repeatable", None)
    return (source.repeatable if chosen is None else chosen) or None


def _private(name: str, value: str) -> str | Secret:
    """A header's value, kept from other origins, and masked, where its name speaks of a secret."""
    if not _SECRET_HEADER.search(name):
        return value
    from sqnc_resources.streams import hide  # noqa: PLC0415  (only where there are such headers)

    hide(value, value.rpartition(" ")[2])
    return Secret(value)


def _with_query(url: str, query: Mapping[str, str]) -> str:
    if not query:
        return url
    from urllib.parse import urlencode  # noqa: PLC0415  (few have further parameters)

    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


class _Texts:
    """Puts the variables of the build, and the texts of files, into the parts of a request."""

    def __init__(self, components: tuple[str, ...], files: Mapping[str, str]) -> None:
        self._components = components
        self._files = files

    @classmethod
    def of(cls, source: Source, params: GetParams | PutParams | None, folder: str) -> _Texts:
        chosen = params.build_metadata if params else None
        named = getattr(params, "files", None) or {}
        return cls(
            source.build_metadata if chosen is None else chosen,
            {name: _text_of(folder, path).strip() for name, path in named.items()},
        )

    def filled(self, component: str, text: str) -> str:
        """*text* with what its variables stand for; a name that is none of ours stays as it is."""
        known = dict(self._files)
        if component in self._components:
            known = {**{name: os.environ.get(name, "") for name in BUILD_VARIABLES}, **known}
        if not known:
            return text
        return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), text)

    def filled_value(self, value: object) -> object:
        """*value* with each text in it filled, keys too."""
        match value:
            case str():
                return self.filled("body", value)
            case list() | tuple():
                return [self.filled_value(one) for one in value]
            case Mapping():
                return {self.filled("body", str(name)): self.filled_value(one) for name, one in value.items()}
        return value


def _body(
    source: Source, params: GetParams | PutParams | None, folder: str, texts: _Texts
) -> tuple[str, bytes | FilePart | None]:
    """Its Content-Type, empty where there is no body, and the body; the source's where params have none."""
    given = next((one for one in (params, source) if one is not None and _has_body(one)), None)
    if given is None:
        return "", None
    if given.text is not None:
        return "text/plain; charset=utf-8", texts.filled("body", given.text).encode()
    if given.json is not None:
        return "application/json", json.dumps(texts.filled_value(given.json), ensure_ascii=False).encode()
    if given.form is not None:
        return "application/x-www-form-urlencoded", _form(texts.filled_value(given.form))
    return _file(getattr(given, "file", ""), folder)


def _has_body(given: Source | GetParams | PutParams) -> bool:
    return not (given.text is given.json is given.form is None and not getattr(given, "file", ""))


def _form(fields: object) -> bytes:
    from urllib.parse import urlencode  # noqa: PLC0415  (few send forms)

    assert isinstance(fields, Mapping)
    pairs = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
    }
    return urlencode(pairs).encode()


def _file(path: str, folder: str) -> tuple[str, bytes | FilePart | None]:
    """A file among a put's inputs; check and get have no inputs, so the source's is none of theirs."""
    if not folder:
        return "", None
    from mimetypes import guess_type  # noqa: PLC0415  (only a put needs it)

    from sqnc_resources.inputs import path_in  # noqa: PLC0415  (as above)

    place = path_in(folder, path)
    if not os.path.isfile(place):
        raise ResourceError(f"{path}: expected a file among the inputs")
    kind, encoding = guess_type(path)
    return (kind if kind and not encoding else "application/octet-stream"), FilePart(place)


def _text_of(folder: str, path: str) -> str:
    from sqnc_resources.inputs import read_text  # noqa: PLC0415  (only a put needs it)

    return read_text(folder, path)
