"""A type that triggers on change: a page of prices, of which the time of day is no part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.patterns.conftest import Ask, Write

PRICES = '''
    @dataclass(frozen=True, slots=True)
    class Source:
        page: str

    class Prices(TriggerOnChange[Source]):
        """Prices, whatever else the page says."""

        def look(self, source: Source) -> bytes:
            lines = Path(source.page).read_text().splitlines()
            return "\\n".join(line for line in lines if not line.startswith("printed at")).encode()
'''


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    page.write_text("tea 3\nprinted at 8:00\n")
    return page


@pytest.fixture
def ask(write: Write) -> Ask:
    return write(PRICES)


def test_the_same_is_the_same_version(ask: Ask, page: Path) -> None:
    (first,) = ask("check", {"page": str(page)})
    page.write_text("tea 3\nprinted at 9:00\n")
    assert ask("check", {"page": str(page)}, version=first) == [first]


def test_a_change_is_a_version_and_the_change_back_is_another(ask: Ask, page: Path) -> None:
    source = {"page": str(page)}
    found: list[dict[str, str]] = []
    for content in ("tea 3", "tea 4", "tea 3"):
        page.write_text(content)
        found.append(ask("check", source, version=found[-1] if found else None)[-1])
    assert found[0]["digest"] == found[2]["digest"] != found[1]["digest"]
    assert len({tuple(version.items()) for version in found}) == 3


def test_a_get_fetches_what_the_version_was_of_or_says_no(ask: Ask, page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    (version,) = ask("check", {"page": str(page)})
    ask("in", {"page": str(page)}, folder, version=version)
    assert (folder / "content").read_text() == "tea 3"
    page.write_text("tea 4")
    said = ask.refused("in", {"page": str(page)}, folder, version=version)
    assert said == "error: it has changed since this version: check again, and get what is there now\n"


def test_there_is_nothing_to_put(ask: Ask, page: Path, tmp_path: Path) -> None:
    assert "nothing to put" in ask.refused("out", {"page": str(page)}, tmp_path)


def test_an_author_may_fetch_his_own_way(write: Write, page: Path, tmp_path: Path) -> None:
    ask = write(
        PRICES
        + """
        def fetch(self, source: Source, content: bytes, folder: Path) -> Mapping[str, str]:
            for line in content.decode().splitlines():
                name, _, price = line.partition(" ")
                (folder / name).write_text(price)
            return {"page": source.page}
        """
    )
    folder = tmp_path / "got"
    folder.mkdir()
    (version,) = ask("check", {"page": str(page)})
    answer = ask("in", {"page": str(page)}, folder, version=version)
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [("tea", "3")]
    assert answer["metadata"] == [{"name": "page", "value": str(page)}]
