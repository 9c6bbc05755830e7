"""A type with a put and nothing else: a message, a deployment, a purge of a cache."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from sqnc_resources.moments import Moment
from sqnc_resources.patterns.typed import PutParamsT, SourceT, Typed
from sqnc_resources.result import NoKeys, Result


@dataclass(frozen=True, slots=True)
class Sent:
    """When it was sent: no two puts have the same version."""

    sent: Moment
    """The time, as RFC 3339 has it."""


class PutOnly(Typed, ABC, Generic[SourceT, PutParamsT]):
    """Say what to `send`; a check finds nothing new, and the get after each put leaves its folder empty."""

    Source: type[SourceT]
    PutParams: type[PutParamsT]
    Version = Sent
    GetParams = NoKeys

    @abstractmethod
    def send(self, source: SourceT, params: PutParamsT, folder: Path) -> Mapping[str, str]:
        """Do it; return the metadata that people are shown, in this order. Raise ResourceError."""

    def check(self, _source: SourceT, since: Sent | None) -> list[Sent]:
        return [since] if since else []

    def get(self, _source: SourceT, version: Sent, _params: NoKeys, _folder: Path) -> Result[Sent]:
        return Result(version)

    def put(self, source: SourceT, params: PutParamsT, folder: Path) -> Result[Sent]:
        metadata = self.send(source, params, folder)
        return Result(Sent(Moment.now()), metadata)
