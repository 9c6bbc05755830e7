"""BUILD_* variables."""

from __future__ import annotations

from dataclasses import replace

from sqnc_resources.emulator.build import Build

BUILD = Build(
    id=42,
    name="7",
    team_id=1,
    team_name="main",
    job_id=3,
    job_name="unit",
    pipeline_id=2,
    pipeline_name="app",
    external_url="https://ci.example.com",
)


def test_every_variable_of_a_build() -> None:
    assert BUILD.environment() == {
        "BUILD_ID": "42",
        "BUILD_NAME": "7",
        "BUILD_TEAM_ID": "1",
        "BUILD_TEAM_NAME": "main",
        "BUILD_JOB_ID": "3",
        "BUILD_JOB_NAME": "unit",
        "BUILD_PIPELINE_ID": "2",
        "BUILD_PIPELINE_NAME": "app",
        "ATC_EXTERNAL_URL": "https://ci.example.com",
        "BUILD_URL": "https://ci.example.com/teams/main/pipelines/app/jobs/unit/builds/7",
        "BUILD_URL_SHORT": "https://ci.example.com/builds/42",
    }


def test_what_is_unknown_is_absent() -> None:
    assert Build().environment() == {}


def test_a_build_without_a_job_has_the_short_url_twice() -> None:
    found = Build(id=42, name="7", team_name="main", external_url="https://ci").environment()
    assert found["BUILD_URL"] == found["BUILD_URL_SHORT"] == "https://ci/builds/42"


def test_a_build_without_a_number_has_no_url() -> None:
    assert "BUILD_URL" not in replace(BUILD, id=0).environment()


def test_instance_vars() -> None:
    instance = {"branch": "a/b", "k": {"x.y": 1}}
    found = replace(BUILD, instance_vars=instance).environment()
    assert found["BUILD_PIPELINE_INSTANCE_VARS"] == '{"branch":"a/b","k":{"x.y":1}}'
    assert found["BUILD_URL"].endswith("/builds/7?vars.branch=%22a%2Fb%22&vars.k.%22x.y%22=1")


def test_who_and_in_which_hook() -> None:
    found = replace(BUILD, created_by="ann", status="succeeded").environment()
    assert (found["BUILD_CREATED_BY"], found["BUILD_STATUS"]) == ("ann", "succeeded")
