"""What the http type is told: the keys of its source and params, and its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

from sqnc_resources.durations import Duration
from sqnc_resources.http.json_path import JsonPath
from sqnc_resources.keys import Secret, key, required_key

Component = Literal["url", "headers", "body"]
"""A part of a request in which the variables of the build may stand."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """A status or a range of them."""

    text: str

    def __post_init__(self) -> None:
        first, last = self._ends()
        if not 100 <= first <= last <= 599:
            raise self._misfit()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `200`, `2xx` or `200-299`; raise ValueError."""
        return cls(text)

    def _ends(self) -> tuple[int, int]:
        low = self.text.lower()
        first, sign, last = low.partition("-")
        if low.endswith("xx"):
            first, last = f"{low[:-2]}00", f"{low[:-2]}99"
        elif not sign:
            last = first
        if not (first.isdecimal() and last.isdecimal()):
            raise self._misfit()
        return int(first), int(last)

    def _misfit(self) -> ValueError:
        return ValueError(f"expected a status such as 200, 2xx or 200-299, got `{self.text}`")

    @property
    def numbers(self) -> range:
        """Every status in it."""
        first, last = self._ends()
        return range(first, last + 1)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class VersionRule:
    """What an answer's version is: the first of these that is there, in this order."""

    path: JsonPath | None = key(None, also=("jq",))  # noqa: RUF009  (it makes a field)
    """A value in the JSON of the body: `.tag_name`, `.items[0].id`, `.["a key"]`. With `[]`, as in `.[].id`,
    each element has a version, the oldest first."""
    newest_first: bool = False
    """Whether the elements that `path` finds begin with the newest."""
    header: str = ""
    """A header of the answer, such as `ETag` or `Last-Modified`; with these two a check transfers only what
    is new."""
    hash: Literal["body", "headers", "full"] | None = None
    """The SHA-256 of the body, of the headers without those that change each time, or of both."""
    default: Literal["hash", "none"] = "hash"
    """What counts where nothing else is there: the hash of the body, or that there is no version."""


RULE: Final = VersionRule()


@dataclass(frozen=True, slots=True)
class Source:
    """Which page, how to ask for it, and what of it is its version."""

    url: str = required_key(also=("uri",))
    """The address, `http://…` or `https://…`."""
    method: str = ""
    """The method: without one, GET for check and get, POST for put."""
    headers: Mapping[str, str] | None = None
    """Headers of each request; those with names such as `Authorization` or `X-Api-Key` are secret."""
    query: Mapping[str, str] | None = None
    """Further parameters for the address."""
    username: str = ""
    """The name to log in with (basic authentication)."""
    password: Secret | None = None
    """The password for it."""
    token: Secret | None = None
    """A token, sent as `Authorization: Bearer …`."""
    text: str | None = None
    """The body of requests; one of `text`, `json`, `form` and, for put, `file`."""
    json: object = None
    """Any value, sent as JSON."""
    form: Mapping[str, object] | None = key(None, also=("form_data",))
    """Fields of a form; a value that is no text is sent as JSON."""
    file: str = ""
    """A file among a put's inputs, sent byte for byte."""
    build_metadata: tuple[Component, ...] = ()
    """Where `$BUILD_NAME`, `${BUILD_JOB_NAME}` and their like become what they are in this build: in the
    `url`, the `headers`, the `body`. In `json` and `form` this is done in each text, and they stay valid."""
    statuses: tuple[Statuses, ...] = ()
    """Which statuses are good: `200`, `2xx`, `200-299`. Without any, all of 2xx."""
    version: VersionRule = RULE
    """What an answer's version is."""
    out_only: bool = False
    """Whether check and get do nothing, as for a notification: then a put's version is its time."""
    sensitive: bool = False
    """Whether nothing of an answer is shown, neither in logs nor in metadata."""
    repeatable: bool = False
    """Whether a request may be sent again, whatever its method, when nobody knows if it has arrived."""
    insecure: bool = False
    """Whether any certificate of an HTTPS server will do."""
    ca_certs: str | tuple[str, ...] = ()
    """Certificates in PEM of authorities to trust besides the system's."""
    client_certificate: str = ""
    """A certificate in PEM to show to the server."""
    client_key: Secret | None = None
    """Its private key, in PEM."""
    client_key_passphrase: Secret | None = None
    """What unlocks the key, where it is locked."""
    proxy: str | None = None
    """A proxy, `http://[user:password@]host:port`, in place of those in `HTTP_PROXY` and `HTTPS_PROXY`."""
    no_proxy: str = ""
    """Hosts that are reached without `proxy`, as in `NO_PROXY`."""
    timeout: Duration | None = None
    """How long a request may take with all its attempts, and a download without progress: else 5m."""
    attempts: int = 6
    """How often a request is tried."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts: expected 1 or more")
        if self.timeout is not None and self.timeout.seconds <= 0:
            raise ValueError("timeout: expected more than 0s")
        if self.token and self.username:
            raise ValueError("expected either `token` or `username` with `password`, not both")
        _check_one_body(self)


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the page."""

    version: str
    """What `version` in the source made of the answer; for a put with `out_only`, its time."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """How a get asks; each key counts before the source's."""

    method: str = ""
    """The method."""
    headers: Mapping[str, str] | None = None
    """Headers besides the source's."""
    query: Mapping[str, str] | None = None
    """Parameters besides the source's."""
    text: str | None = None
    """The body; one of `text`, `json` and `form`."""
    json: object = None
    """The body, sent as JSON."""
    form: Mapping[str, object] | None = key(None, also=("form_data",))
    """Fields of a form."""
    build_metadata: tuple[Component, ...] | None = None
    """Where the variables of the build may stand."""
    statuses: tuple[Statuses, ...] | None = None
    """Which statuses are good."""
    sensitive: bool | None = None
    """Whether nothing of the answer is shown."""
    strict: bool = False
    """Whether to fail where the server has another version by now than the one that is asked for."""

    def __post_init__(self) -> None:
        _check_one_body(self)


@dataclass(frozen=True, slots=True)
class PutParams:
    """What a put sends; each key counts before the source's."""

    url: str = key("", also=("uri",))
    """The address."""
    method: str = ""
    """The method."""
    headers: Mapping[str, str] | None = None
    """Headers besides the source's."""
    query: Mapping[str, str] | None = None
    """Parameters besides the source's."""
    text: str | None = None
    """The body; one of `text`, `json`, `form` and `file`."""
    json: object = None
    """The body, sent as JSON."""
    form: Mapping[str, object] | None = key(None, also=("form_data",))
    """Fields of a form."""
    file: str = ""
    """A file among the inputs, sent byte for byte as it is."""
    files: Mapping[str, str] | None = None
    """Files among the inputs by a name each: in address, headers and body `$NAME` and `${NAME}` become the
    text of that file, without white space at its ends."""
    build_metadata: tuple[Component, ...] | None = None
    """Where the variables of the build may stand."""
    statuses: tuple[Statuses, ...] | None = None
    """Which statuses are good."""
    sensitive: bool | None = None
    """Whether nothing of the answer is shown."""
    repeatable: bool | None = None
    """Whether the request may be sent twice."""

    def __post_init__(self) -> None:
        _check_one_body(self)


def _check_one_body(given: Source | GetParams | PutParams) -> None:
    names = [name for name in ("text", "json", "form") if getattr(given, name) is not None]
    if not isinstance(given, GetParams) and given.file:
        names.append("file")
    if len(names) > 1:
        raise ValueError(f"expected one body, got {' and '.join(names)}")
