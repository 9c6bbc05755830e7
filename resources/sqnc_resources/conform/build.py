"""The variables that Concourse sets for a build, for tests of what a type does with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqnc_resources.emulator.build import Build

A_JOBS_BUILD: Final = Build(
    id=1234,
    name="7",
    team_id=1,
    team_name="main",
    job_id=21,
    job_name="unit",
    pipeline_id=3,
    pipeline_name="main",
    external_url="https://ci.example.com",
)
A_ONE_OFF_BUILD: Final = replace(A_JOBS_BUILD, job_id=0, job_name="", pipeline_id=0, pipeline_name="")

BUILD_VARIABLES: Final = frozenset(
    replace(A_JOBS_BUILD, instance_vars={}, created_by="ann", status="succeeded").environment()
)
"""All that there are; one that is not known is absent, never empty."""


def build_environment(*, one_off: bool = False, **changes: Any) -> dict[str, str]:
    """Return the variables of a build of a job, or of a one-off build, which has no job and no pipeline.

    *changes* are fields of `emulator.build.Build`, such as `team_name` or `status`; they count for a one-off
    build as well. Raise TypeError for what is none.
    """
    return replace(A_ONE_OFF_BUILD if one_off else A_JOBS_BUILD, **changes).environment()
