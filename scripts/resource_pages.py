"""Print the reference page of each built-in resource type, made from it; --write renews docs/resources/."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc_resources.reference import page
from sqnc_resources.types import load
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parents[1] / "docs" / "resources"
MARKER: Final = "<!-- python scripts/resource_pages.py --write writes this page from the type -->\n\n"


def main() -> None:
    if sys.argv[1:] != ["--write"]:
        sys.stdout.write("\n".join(pages().values()))
        return
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


def pages() -> Mapping[str, str]:
    """Return the text of each page by its file's name."""
    return {f"{name}.md": MARKER + page(name, load(name)) for name in sorted(RESOURCE_TYPES)}


if __name__ == "__main__":
    main()
