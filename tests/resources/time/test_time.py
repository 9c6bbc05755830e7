"""The time type as an engine meets it: its versions, its files and its messages."""

from __future__ import annotations

import json
import time
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from sqnc_resources.moments import Moment
from sqnc_resources.reference import page
from sqnc_resources.time import Source, Version
from sqnc_resources.types import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run

SECOND = 1_000_000_000
OLD = {"time": "2000-01-01T00:00:00Z"}


def is_now(version: dict[str, str]) -> bool:
    return abs(Moment.parse(version["time"]).ns - time.time_ns()) < 60 * SECOND


def elsewhere(hours: int) -> str:
    """A time of day that is now, *hours* later, in UTC."""
    return time.strftime("%H:%M", time.gmtime(time.time() + hours * 3600))


def test_a_first_check_gives_now(run: Run) -> None:
    answer = run("check", "time", {"source": {}})
    (version,) = answer.value
    assert is_now(version)
    assert version["time"].endswith("Z")


def test_the_version_that_is_asked_about_comes_first_and_now_if_it_is_due(run: Run) -> None:
    first, second = run("check", "time", {"source": {"interval": "1h"}, "version": OLD}).value
    assert first == OLD
    assert is_now(second)
    assert run("check", "time", {"source": {"interval": "1h"}, "version": second}).value == [second]


def test_nothing_is_due_outside_the_window(run: Run) -> None:
    source = {"start": elsewhere(6), "stop": elsewhere(7), "interval": "1s"}
    assert run("check", "time", {"source": source}).value == []
    assert run("check", "time", {"source": source, "version": OLD}).value == [OLD]


def test_an_initial_version_comes_whatever_the_rest_says(run: Run) -> None:
    source = {
        "start": elsewhere(6),
        "stop": elsewhere(7),
        "initial_version": True,
        "start_after": "2999-01-01",
    }
    for none in (None, {}, {"time": "0001-01-01T00:00:00Z"}):
        (version,) = run("check", "time", {"source": source, "version": none}).value
        assert is_now(version)
    assert run("check", "time", {"source": source, "version": OLD}).value == [OLD]


def test_now_is_what_the_clocks_of_the_location_show(run: Run) -> None:
    for role, arguments in (("check", ()), ("out", ("/",))):
        answer = run(role, "time", {"source": {"location": "Asia/Kolkata"}}, *arguments).value
        version = answer["version"] if role == "out" else answer[0]
        assert version["time"].endswith("+05:30")
        assert is_now(version)


def test_a_put_makes_a_version_at_any_time(run: Run) -> None:
    source = {"start": elsewhere(6), "stop": elsewhere(7)}
    answer = run("out", "time", {"source": source, "params": {}}, "/").value
    assert is_now(answer["version"])
    assert answer["metadata"] == []


def test_a_get_writes_three_files(run: Run, tmp_path: Path) -> None:
    source = {
        "interval": "90s",
        "start": "9:05 AM",
        "stop": "1PM",
        "days": ["mon", "SATURDAY"],
        "location": "Europe/Berlin",
        "start_after": "2026-01-01 3:04:05",
    }
    version = {"time": "2026-11-20T07:57:08.120000003+01:00"}
    answer = run("in", "time", {"source": source, "version": version}, tmp_path).value
    assert answer == {"version": version, "metadata": []}
    assert (tmp_path / "timestamp").read_text() == "2026-11-20 07:57:08.120000003 +0100 +0100"
    assert (tmp_path / "epoch").read_text() == "1795157828"
    assert (tmp_path / "input").read_text() == (
        '{"source":{"initial_version":false,"interval":"1m30s","start":"9:05","stop":"13:00",'
        '"days":["Monday","Saturday"],"location":"Europe/Berlin","start_after":"2026-01-01T03:04:05"},'
        '"version":{"time":"2026-11-20T07:57:08.120000003+01:00"}}\n'
    )


def test_a_get_writes_null_for_what_the_source_does_not_say(run: Run, tmp_path: Path) -> None:
    run("in", "time", {"source": {}, "version": {"time": "1969-12-31T23:59:59.5Z"}}, tmp_path)
    assert set(json.loads((tmp_path / "input").read_text())["source"].values()) == {None, False}
    assert (tmp_path / "timestamp").read_text() == "1969-12-31 23:59:59.5 +0000 UTC"
    assert (tmp_path / "epoch").read_text() == "-1"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"start": "1PM"}, "must configure 'stop' if 'start' is set"),
        ({"stop": "1PM"}, "must configure 'start' if 'stop' is set"),
        ({"interval": "1 h"}, "source.interval: expected a duration"),
        ({"start": "25:00", "stop": "1PM"}, "source.start: expected a time of day such as 3:04 PM"),
        ({"start": 1140, "stop": "20:00"}, "source.start: expected a string, between quotes, got a number"),
        ({"days": ["Mo"]}, "source.days[0]: expected a day such as Monday or Mon, got `Mo`"),
        ({"location": "Mars"}, "source.location: expected a zone of the tz database such as Europe/Berlin"),
        ({"location": "../../etc/passwd"}, "source.location: expected a zone"),
        ({"location": "America"}, "source.location: expected a zone"),
        ({"start_after": "2026-02-30"}, "source.start_after: expected a date"),
        ({"intervall": "1h"}, "source.intervall: unknown key, did you mean `interval`?"),
    ],
)
def test_a_mistake_is_told_by_its_key(run: Run, source: dict[str, object], message: str) -> None:
    answer = run("check", "time", {"source": source})
    assert answer.status == 2
    assert message in answer.stderr


@pytest.mark.parametrize(
    "text", ["", "2026-11-21", "2026-11-21 08:00:00Z", "2026-02-30T08:00:00Z", "2026-11-21T08:00:00+24:00"]
)
def test_a_version_that_is_no_time_is_told(run: Run, text: str) -> None:
    answer = run("check", "time", {"source": {}, "version": {"time": text}})
    assert (answer.status, "version.time: expected a time such as" in answer.stderr) == (2, True)


def test_zones_are_known_where_the_system_has_none(run: Run) -> None:
    answer = run("check", "time", {"source": {"location": "Asia/Kolkata"}}, env={"PYTHONTZPATH": ""})
    assert answer.value[0]["time"].endswith("+05:30")


@pytest.mark.parametrize(
    ("tz", "offset"), [("Asia/Kolkata", "+05:30"), (":Asia/Kolkata", "+05:30"), ("", "Z")]
)
def test_local_is_the_zone_of_this_machine(run: Run, tz: str, offset: str) -> None:
    answer = run("check", "time", {"source": {"location": "Local"}}, env={"TZ": tz})
    assert answer.value[0]["time"].endswith(offset)


def test_a_time_is_one_key_in_the_reference_not_what_it_is_made_of() -> None:
    rows = [line for line in page("time", load("time")).splitlines() if line.startswith("| `")]
    assert len(rows) == len(fields(Source)) + len(fields(Version))
