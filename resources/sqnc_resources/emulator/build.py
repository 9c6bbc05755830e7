"""The variables that tell a resource type which build it runs for (concourse/atc/exec/step_metadata.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqnc_resources.emulator.go_json import encode
from sqnc_resources.emulator.vars import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqnc_resources.emulator.configuration import Object


@dataclass(frozen=True, slots=True)
class Build:
    """What is known of a build; '', 0 and None are unknown, and give no variable.

    created_by is for a put of a resource with `expose_build_created_by`, status for what runs in a hook: the
    get after a put does, with `succeeded`.
    """

    id: int = 0
    name: str = ""
    team_id: int = 0
    team_name: str = ""
    job_id: int = 0
    job_name: str = ""
    pipeline_id: int = 0
    pipeline_name: str = ""
    instance_vars: Object | None = None
    external_url: str = ""
    created_by: str = ""
    status: str = ""

    def environment(self) -> dict[str, str]:
        """Return the variables; one that is unknown is absent, not empty."""
        found: dict[str, object] = {
            "BUILD_STATUS": self.status,
            "BUILD_ID": self.id,
            "BUILD_NAME": self.name,
            "BUILD_TEAM_ID": self.team_id,
            "BUILD_TEAM_NAME": self.team_name,
            "BUILD_JOB_ID": self.job_id,
            "BUILD_JOB_NAME": self.job_name,
            "BUILD_PIPELINE_ID": self.pipeline_id,
            "BUILD_PIPELINE_NAME": self.pipeline_name,
            "BUILD_PIPELINE_INSTANCE_VARS": None
            if self.instance_vars is None
            else encode(self.instance_vars),
            "ATC_EXTERNAL_URL": self.external_url,
            **self._urls(),
            "BUILD_CREATED_BY": self.created_by,
        }
        return {name: str(value) for name, value in found.items() if value}

    def _urls(self) -> Mapping[str, str]:
        if not self.external_url or not self.id:
            return {}
        short = url = f"{self.external_url}/builds/{self.id}"
        if self.team_name and self.pipeline_name and self.job_name and self.name:
            url = (
                f"{self.external_url}/teams/{self.team_name}/pipelines/{self.pipeline_name}"
                f"/jobs/{self.job_name}/builds/{self.name}{self._query()}"
            )
        return {"BUILD_URL": url, "BUILD_URL_SHORT": short}

    def _query(self) -> str:
        """`?vars.name="value"`, a value for each leaf of the instance's vars."""
        pairs = sorted(
            (f"vars.{reference}", encode(value)) for reference, value in _leaves(self.instance_vars)
        )
        return f"?{urlencode(pairs)}" if pairs else ""


def _leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[Reference, object]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif path:
        yield Reference("", path[0], path[1:]), value
