"""Regular expressions of Go's, which Python writes otherwise."""

import pytest

from sqnc_resources.go_regexp import compiled


@pytest.mark.parametrize(
    ("expression", "fits", "differs"),
    [
        (r"v[[:digit:]]+\z", "v12", "v12\n"),
        (r"[^[:alpha:]_]", "1", "_"),
        (r"[[:punct:][:space:]]", "[", "a"),
        ("[:digit:]", "d", "1"),  # the letters of the word: a name of a class stands in a class
        (r"(?<major>\d)\.(?P<minor>\d)", "1.2", "1.\u0663"),
        (r"(?:a\\\\z)", "a\\\\z", "a"),
        ("[]a]", "]", "b"),
        (r"[\]a][b]", "]b", "]"),
        ("[[a]", "[", "]"),
        ("[a&&b]", "&", "-"),
        (r"\[[x]", "[x", "x"),
    ],
)
def test_an_expression_means_what_it_means_in_go(expression: str, fits: str, differs: str) -> None:
    pattern = compiled(expression)
    assert pattern.fullmatch(fits)
    assert not pattern.fullmatch(differs)


@pytest.mark.parametrize("expression", ["(", "[a", "[[:letters:]]", "[[:^digit:]]"])
def test_what_cannot_be_read_is_refused_by_its_text(expression: str) -> None:
    with pytest.raises(ValueError, match="expected a regular expression, got `") as caught:
        compiled(expression)
    assert f"`{expression}`" in str(caught.value)
