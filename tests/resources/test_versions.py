"""A version is a frozen dataclass in a type's code and a map of strings outside, across releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources import AnswerError, NoKeys, RequestError, Secret, key
from sqnc_resources.versions import decode, encode


@dataclass(frozen=True, slots=True)
class Instant:
    """Nanoseconds since the epoch."""

    ns: int

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text.endswith("ns"):
            raise ValueError(f"expected nanoseconds, got `{text}`")
        return cls(int(text.removesuffix("ns")))

    def __str__(self) -> str:
        return f"{self.ns}ns"


@dataclass(frozen=True, slots=True)
class Version:
    ref: str = key("", name="commit", also=("sha",))
    number: int | None = None
    final: bool | None = None
    time: Instant | None = None


@given(
    st.builds(
        Version,
        st.text(min_size=1),
        st.none() | st.integers(),
        st.none() | st.booleans(),
        st.none() | st.builds(Instant, st.integers()),
    )
)
def test_what_is_written_is_read_back(version: Version) -> None:
    written = encode(version)
    assert all(isinstance(text, str) for text in written.values())
    assert decode(Version, written) == version


def test_each_kind_has_its_text() -> None:
    assert encode(Version("a", 7, final=True, time=Instant(5))) == {
        "commit": "a",
        "number": "7",
        "final": "true",
        "time": "5ns",
    }


def test_none_is_no_key() -> None:
    assert encode(Version("a")) == {"commit": "a"}


def test_an_older_release_s_version_is_read() -> None:
    assert decode(Version, {"sha": "a"}) == Version("a")


def test_a_newer_release_s_keys_are_ignored() -> None:
    assert decode(Version, {"commit": "a", "signature": "x"}) == Version("a")


def test_a_version_that_does_not_fit_is_told_with_its_path() -> None:
    with pytest.raises(RequestError, match=r"^version\.time: expected nanoseconds, got `5`$"):
        decode(Version, {"time": "5"})


@dataclass(frozen=True, slots=True)
class Leaking:
    token: Secret


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (NoKeys(), "is an empty version"),
        (Leaking(Secret("x")), "so it holds no Secret"),
        (Version(ref=("a",)), "has no text form to read back"),  # type: ignore[arg-type]  # an author's mistake
    ],
)
def test_what_no_engine_takes_is_not_written(version: Version, message: str) -> None:
    with pytest.raises(AnswerError, match=message):
        encode(version)
