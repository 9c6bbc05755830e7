"""Where the container engine answers: DOCKER_HOST, the user's Docker context, or a socket in a usual place.

The standard library alone, because `auto` asks this before anybody knows whether the docker SDK is needed.
The rules are the Docker CLI's: DOCKER_HOST, then DOCKER_CONTEXT, then `currentContext` of its config.json.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from actions_compat.frozen import frozen
from sqnc.runtimes import RuntimeUnavailable


@frozen
class Endpoint:
    """An engine's address. tls: folder with ca.pem, cert.pem, key.pem, or empty. source: who said so."""

    url: str
    tls: str = ""
    verify: bool = True
    source: str = ""

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `dump` wrote."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return f"{self.url} ({self.source})" if self.source else self.url

    def ping(self, *, timeout_s: float) -> None:
        """Return when the engine answers; raise RuntimeUnavailable when it does not within *timeout_s*.

        A TLS or ssh engine is only knocked at: its SDK connection says the rest.
        """
        parts = urlsplit(self.url)
        try:
            if sys.platform != "win32" and parts.scheme == "unix":
                _ping_socket(socket.AF_UNIX, parts.path, timeout_s)
            elif parts.scheme in {"tcp", "http"} and not self.tls:
                _ping_socket(socket.AF_INET, (parts.hostname or "localhost", parts.port or 2375), timeout_s)
            elif parts.hostname and parts.scheme in {"tcp", "https"}:
                socket.create_connection((parts.hostname, parts.port or 2376), timeout_s).close()
        except OSError as error:
            raise RuntimeUnavailable(
                f"no container engine answers at {self}: {error.strerror or error}"
            ) from error


def _ping_socket(family: int, address: str | tuple[str, int], timeout_s: float) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout_s)
        sock.connect(address)
        sock.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        if not sock.recv(64).startswith(b"HTTP/"):
            raise ConnectionAbortedError("what answers there does not speak HTTP")


def find_endpoint(environment: Mapping[str, str] | None = None) -> Endpoint:
    """Find the engine; no connection is made. Raise RuntimeUnavailable where nothing names one."""
    env = os.environ if environment is None else environment
    if host := env.get("DOCKER_HOST"):
        tls = env.get("DOCKER_CERT_PATH", "") if env.get("DOCKER_TLS_VERIFY") else ""
        return Endpoint(host, tls, source="DOCKER_HOST")
    config = Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME", "/")) / ".docker")
    context = env.get("DOCKER_CONTEXT") or _current_context(config)
    if context and context != "default":
        return _of_context(context, config)
    return _of_usual_places(env)


def _current_context(config: Path) -> str:
    try:
        found = json.loads((config / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""  # the CLI, too, goes on without its file
    return str(found.get("currentContext") or "") if isinstance(found, dict) else ""


def _of_context(name: str, config: Path) -> Endpoint:
    import hashlib  # noqa: PLC0415 -- it loads OpenSSL, and few engines are named by a context

    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / folder / "meta.json"
    try:
        engine = json.loads(meta.read_bytes())["Endpoints"]["docker"]
        url = str(engine["Host"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RuntimeUnavailable(
            f"the Docker context {name!r} cannot be read from {meta}: `docker context ls` shows what there is"
        ) from error
    tls = config / "contexts" / "tls" / folder / "docker"
    return Endpoint(
        url,
        str(tls) if tls.is_dir() else "",
        verify=not engine.get("SkipTLSVerify"),
        source=f"the Docker context {name!r}",
    )


def _of_usual_places(env: Mapping[str, str]) -> Endpoint:
    user = env.get("XDG_RUNTIME_DIR", "")
    places = ["/var/run/docker.sock"]
    places += [f"{user}/docker.sock", f"{user}/podman/podman.sock"] if user else []
    places += ["/run/podman/podman.sock"]
    for place in places:
        if os.access(place, os.W_OK):
            return Endpoint(f"unix://{place}")
    locked = [place for place in places if Path(place).exists()]
    if locked:
        raise RuntimeUnavailable(
            f"this user may not use {locked[0]}: join its group (often `docker`), or set DOCKER_HOST"
        )
    raise RuntimeUnavailable(
        "no container engine found: DOCKER_HOST is not set and there is no Docker or Podman socket"
    )
