"""The connection to an engine; the only module that imports the docker SDK.

Whatever goes wrong in a call made inside `Engine.doing` is raised as a RuntimeFailure that says what was
asked, what the engine said, and what to do.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import docker.errors
import requests.exceptions
from docker.api.client import APIClient
from docker.tls import TLSConfig

from sqnc.runtimes import RuntimeFailure, RuntimeUnavailable
from sqnc.runtimes.endpoint import Endpoint

_PING_S = 10
_TIMEOUT_S = 120  # of one answer, not of a build: a busy engine takes its time to create a container


class NotThere(RuntimeFailure):
    """The engine has no such object."""


class Conflict(RuntimeFailure):
    """The object is in use, or is being removed already."""


class EndedMeanwhile(RuntimeFailure):
    """The container came to its end when the engine was about to kill it, and was not removed."""


class Engine:
    """An engine's API. Threads may share it: the SDK keeps a pool of connections."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        endpoint.ping(timeout_s=_PING_S)
        with self.doing("connect"):
            # Any: half of the SDK has no types, and two of its private parts have no public twin.
            self.api: Any = APIClient(
                base_url=endpoint.url, version="auto", timeout=_TIMEOUT_S, tls=_tls(endpoint)
            )

    @cached_property
    def info(self) -> dict[str, Any]:
        """The engine's `GET /info`."""
        with self.doing("describe itself"):
            return dict(self.api.info())

    @property
    def is_podman(self) -> bool:
        return "BuildahVersion" in self.info

    def stat(self, container_id: str, path: str) -> dict[str, Any] | None:
        """Return name, size, mode and mtime of a container's file, or None. It need not be started."""
        with self.doing(f"look at {path} in a container"):
            url = self.api._url("/containers/{0}/archive", container_id)
            response = self.api.head(url, params={"path": path}, timeout=_TIMEOUT_S)
            if response.status_code == 404:
                return None
            self.api._raise_for_status(response)
            stat = json.loads(base64.b64decode(response.headers["X-Docker-Container-Path-Stat"]))
            return dict(stat)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Raise the SDK's errors as RuntimeFailure; *what* completes "the engine could not …"."""
        try:
            yield
        except docker.errors.APIError as error:
            raise self._failure(what, error) from error
        except (requests.exceptions.RequestException, docker.errors.DockerException, OSError) as error:
            raise RuntimeUnavailable(
                f"the container engine at {self.endpoint} did not answer ({what}): {_cause(error)}: "
                "see whether it runs (`docker info`)"
            ) from error

    def _failure(self, what: str, error: docker.errors.APIError) -> RuntimeFailure:
        status = error.status_code
        said = str(error.explanation or error).strip()
        kind = {404: NotThere, 409: Conflict}.get(status or 0, RuntimeFailure)
        if status == 500 and said.endswith("is not running"):
            kind = EndedMeanwhile
        return kind(f"the container engine at {self.endpoint} could not {what}: {said}")

    def close(self) -> None:
        self.api.close()


def _cause(error: BaseException) -> str:
    """The innermost text: urllib3 wraps the one useful line of the system four times."""
    while error.__context__ is not None and not isinstance(error, OSError):
        error = error.__context__
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    if not endpoint.tls:
        return False
    folder = Path(endpoint.tls)
    pair = (str(folder / "cert.pem"), str(folder / "key.pem"))
    authority = str(folder / "ca.pem")
    return TLSConfig(client_cert=pair, ca_cert=authority, verify=authority if endpoint.verify else False)
