import pytest

from sqnc_resources.semver.number import Number
from sqnc_resources.semver.values import BumpParams, PutParams


@pytest.mark.parametrize(
    ("before", "params", "after"),
    [
        ("1.2.3", BumpParams(), "1.2.3"),
        ("1.2.3-rc.1+b", BumpParams("major"), "2.0.0+b"),
        ("1.2.3-rc.1", BumpParams("minor"), "1.3.0"),
        ("1.2.3-rc.1", BumpParams("patch"), "1.2.4"),
        ("1.2.3-rc.1", BumpParams("final"), "1.2.3"),
        ("1.2.3", BumpParams(pre="rc"), "1.2.3-rc.1"),
        ("1.2.3-rc.1", BumpParams(pre="rc"), "1.2.3-rc.2"),
        ("1.2.3-rc.9.7", BumpParams(pre="rc"), "1.2.3-rc.10"),
        ("1.2.3-rc", BumpParams(pre="rc"), "1.2.3-rc.1"),
        ("1.2.3-rc.x", BumpParams(pre="rc"), "1.2.3-rc.1"),
        ("1.2.3-alpha.5", BumpParams(pre="beta"), "1.2.3-beta.1"),
        ("1.2.3-rc.5", BumpParams("minor", pre="rc"), "1.3.0-rc.1"),
        ("1.2.3-rc.5", BumpParams(pre="SNAPSHOT", pre_without_version=True), "1.2.3-SNAPSHOT"),
        ("1.2.3", BumpParams(build="linux"), "1.2.3+linux.1"),
        ("1.2.3+linux.1", BumpParams(build="linux"), "1.2.3+linux.2"),
        ("1.2.3+linux.x", BumpParams(build="linux"), "1.2.3+linux.1"),
        ("1.2.3+other.4", BumpParams(build="linux"), "1.2.3+linux.1"),
        ("1.2.3+x", BumpParams(build="linux", build_without_version=True), "1.2.3+linux"),
        ("1.2.3-a.b", BumpParams(pre="a.b"), "1.2.3-a.b.1"),
        ("1.2.3-a.b.1", BumpParams(pre="a.b"), "1.2.3-a.b.2"),
        ("1.2.3-a.b.1", BumpParams(pre="a"), "1.2.3-a.1"),
        ("1.2.3", BumpParams(build="0123", build_without_version=True), "1.2.3+0123"),
        ("1.2.3", BumpParams("patch", pre="alpha", build="test"), "1.2.4-alpha.1+test.1"),
    ],
)
def test_a_bump_goes_through_its_steps(before: str, params: BumpParams, after: str) -> None:
    assert str(Number.parse(before).bumped(params)) == after


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3 ", "1.2.3\n"],
)
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a semantic version"):
        Number.parse(text)


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3-0.a-1.-+001.x-y", "10.20.30-1a"])
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    assert str(Number.parse(text)) == text


@pytest.mark.parametrize("pre", ["rc 1", "rc+1", "007", "rc.", ".", "ä"])
def test_what_would_make_no_number_is_refused(pre: str) -> None:
    with pytest.raises(ValueError, match=r"pre: .* expected letters, digits and `-`"):
        BumpParams(pre=pre)
    if pre != "007":
        with pytest.raises(ValueError, match=r"build: .* expected letters, digits and `-`"):
            PutParams(build=pre)
