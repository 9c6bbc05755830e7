"""What was printed, as Concourse reads it and as people meant it; and the variables of a build."""

from __future__ import annotations

import pytest

from sqnc_resources.conform import answers
from sqnc_resources.conform.build import BUILD_VARIABLES, build_environment


def test_one_value_is_one_value() -> None:
    assert answers.strict(b' [{"ref": "1"}]\n') == [{"ref": "1"}]
    assert answers.strict(b"\n") is None


@pytest.mark.parametrize("noise", [b"cloning\n[]", b"[]\n[]", b"[] done", b"{", b"\xff"])
def test_anything_besides_is_not(noise: bytes) -> None:
    with pytest.raises(answers.NoAnswer):
        answers.strict(noise)


@pytest.mark.parametrize(
    "noise", [b'cloning\n[{"ref": "1"}]\n', b'[{"ref": "1"}]\nbye\n', b'[info] x\n  [{"ref": "1"}]']
)
def test_what_was_meant_is_found_in_the_noise(noise: bytes) -> None:
    assert answers.lenient(noise) == [{"ref": "1"}]


def test_nothing_is_found_in_mere_noise() -> None:
    with pytest.raises(answers.NoAnswer, match="no JSON value"):
        answers.lenient(b"[info] nothing\n")


def test_versions_are_a_list_of_objects() -> None:
    assert answers.versions(None) == []
    assert answers.versions([{"number": 1}]) == [{"number": "1"}]
    for value in ({}, ["1"], "1"):
        with pytest.raises(answers.NoAnswer):
            answers.versions(value)


def test_a_job_s_build_has_all_that_concourse_sets() -> None:
    found = build_environment()
    assert found["BUILD_URL"] == "https://ci.example.com/teams/main/pipelines/main/jobs/unit/builds/7"
    assert (
        BUILD_VARIABLES - found.keys()
        == {
            "BUILD_PIPELINE_INSTANCE_VARS",
            "BUILD_STATUS",
            "BUILD_CREATED_BY",
        }
        & BUILD_VARIABLES
    )


def test_a_one_off_build_has_no_job_and_no_pipeline() -> None:
    found = build_environment(one_off=True)
    assert not {name for name in found if "JOB" in name or "PIPELINE" in name}
    assert found["BUILD_URL"] == found["BUILD_URL_SHORT"] == "https://ci.example.com/builds/1234"


@pytest.mark.parametrize("one_off", [True, False])
def test_changes_count_in_every_build(one_off: bool) -> None:
    """ConcourseTools' `create_env_vars(one_off_build=True, …)` drops them."""
    found = build_environment(one_off=one_off, team_name="others", created_by="ann", status="failed")
    assert (found["BUILD_TEAM_NAME"], found["BUILD_CREATED_BY"]) == ("others", "ann")
    assert found["BUILD_STATUS"] == "failed"


def test_a_field_that_no_build_has_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        build_environment(colour="red")
