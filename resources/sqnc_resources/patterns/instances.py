"""A type that lists what things are to be done for, one by one: branches, customers, environments.

A version is the whole list, so a get needs no network and is the same for ever; a list of some hundreds is
fine. With Concourse, `load_var` reads `instances.json`, and `across` with `set_pipeline` makes pipelines:

    - get: branches
      trigger: true
    - load_var: branches
      file: branches/instances.json
    - across: [{var: branch, values: ((.:branches))}]
      set_pipeline: build
      file: ci/build.yml
      instance_vars: ((.:branch))
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from sqnc_resources.errors import ResourceError
from sqnc_resources.moments import Moment
from sqnc_resources.patterns.typed import SourceT, Typed
from sqnc_resources.result import NoKeys, Result

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

InstanceT = TypeVar("InstanceT", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Listing:
    """All instances that there were, and when a check first found just these."""

    instances: str
    """A JSON list of objects, in an order of their own."""
    time: Moment
    """When a check first found them."""


class Instances(Typed, ABC, Generic[SourceT, InstanceT]):
    """Say which instances there are; a new version is due when there is one more, one less, or another one.

    *InstanceT* is a frozen dataclass of texts, numbers and flags: its fields are the instance's variables.
    """

    Source: type[SourceT]
    Version = Listing
    GetParams = NoKeys
    PutParams = NoKeys

    @abstractmethod
    def instances(self, source: SourceT) -> Iterable[InstanceT]:
        """The instances that there are now, in any order. Raise ResourceError."""

    def check(self, source: SourceT, since: Listing | None) -> list[Listing]:
        found = _json(self.instances(source))
        if since and since.instances == found:
            return [since]
        return [*([since] if since else []), Listing(found, Moment.now())]

    def get(self, _source: SourceT, version: Listing, _params: NoKeys, folder: Path) -> Result[Listing]:
        """Write `instances.json`."""
        (folder / "instances.json").write_text(f"{version.instances}\n")
        return Result(version, {"instances": str(len(json.loads(version.instances)))})

    def put(self, _source: SourceT, _params: NoKeys, _folder: Path) -> Result[Listing]:
        raise ResourceError("this type lists what others make: there is nothing to put")


def _json(instances: Iterable[DataclassInstance]) -> str:
    """The same text for the same instances, whatever their order."""
    texts = {json.dumps(asdict(instance), sort_keys=True, ensure_ascii=False) for instance in instances}
    return f"[{', '.join(sorted(texts))}]"
