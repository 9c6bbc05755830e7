"""Which proxy a request goes through: HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go's programs read them.

https://pkg.go.dev/golang.org/x/net/http/httpproxy is the source of the rules: the engine's own resource types
are written in Go, and a worker's settings are made for them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by the scheme of the request: `http[s]://[user:password@]host:port`, or `host:port`."""

    http: str = ""
    https: str = ""
    no_proxy: str = ""
    """Names, addresses and networks that are reached directly, with commas between them; `*` is all."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the variables; the name in lower case counts before the one in upper case."""
        given = os.environ if environment is None else environment

        def variable(name: str) -> str:
            return given.get(name) or given.get(name.upper()) or ""

        # a CGI program finds a request's header `Proxy` in HTTP_PROXY: httpoxy.org
        http = given.get("http_proxy", "") if "REQUEST_METHOD" in given else variable("http_proxy")
        return cls(http, variable("https_proxy"), variable("no_proxy"))

    def for_origin(self, scheme: str, host: str, port: int) -> str | None:
        """The URL of the proxy, None for a direct connection. This machine is always reached directly."""
        proxy = self.https if scheme == "https" else self.http
        if not proxy or self._is_direct(host.lower().rstrip("."), port):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def _is_direct(self, host: str, port: int) -> bool:
        if host == "localhost" or _is_loopback(host):
            return True
        return any(_covers(rule.strip().lower(), host, port) for rule in self.no_proxy.split(","))


def _covers(rule: str, host: str, port: int) -> bool:
    """Whether *rule* is of *host*: `*`, `name[:port]` and what is below it, `.name` for that, a network."""
    if not rule:
        return False
    if rule == "*":
        return True
    if "/" in rule:
        return _is_in_network(host, rule)
    name, wanted_port = _split_port(rule)
    if wanted_port not in {"", str(port)}:
        return False
    name = name.removeprefix("*")
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")


def _split_port(rule: str) -> tuple[str, str]:
    if rule.startswith("["):
        address, _, rest = rule[1:].partition("]")
        return address, rest.removeprefix(":")
    name, _, port = rule.partition(":")
    return (rule, "") if ":" in port else (name, port)  # more colons than one: an address of IPv6


def _is_loopback(host: str) -> bool:
    return host == "::1" or (host.startswith("127.") and host.replace(".", "").isdigit())


def _is_in_network(host: str, network: str) -> bool:
    import ipaddress  # noqa: PLC0415  (only where a network is named)

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:  # a name is in no network
        return False
