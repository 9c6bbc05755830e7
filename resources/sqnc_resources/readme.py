"""The part of a README that is made from the type's declarations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = "<!-- reference: sqncshim resource docs writes what follows -->"


def renew(readme: str, page: str) -> str:
    """Put *page*, a type's reference, behind the marker in *readme*, one level below the headings there.

    The page's title goes: the README has its own. Raise ResourceError where the marker is missing.
    """
    before, marker, _ = readme.partition(f"{MARKER}\n")
    if not marker:
        raise ResourceError(f"there is no place for the reference: expected the line {MARKER}")
    _, _, sections = page.partition("\n")
    return f"{before}{marker}{re.sub('^##', '###', sections, flags=re.MULTILINE)}"


def write(file: Path, page: str) -> None:
    """Renew *file*; raise ResourceError where it has no marker, or is not there."""
    try:
        text = file.read_text("utf-8")
        file.write_text(renew(text, page), "utf-8")
    except OSError as error:
        raise ResourceError(f"{file}: {error.strerror}") from error
    except ResourceError as error:
        raise ResourceError(f"{file}: {error}") from error
