"""A type of ConcourseTools itself, written as its manual shows: `lines.py ROLE [DIR]`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from concoursetools import TypedVersion
from concoursetools.additional import SelfOrganisingConcourseResource
from concoursetools.version import SortableVersionMixin


@dataclass(unsafe_hash=True)
class LineVersion(TypedVersion, SortableVersionMixin):
    line: int

    def __lt__(self, other):
        return self.line < other.line


class Lines(SelfOrganisingConcourseResource):
    """The lines of a file; each version is a line's number."""

    def __init__(self, file: str, token: str = ""):
        super().__init__(LineVersion)
        self.file = file
        self.token = token

    def fetch_all_versions(self):
        return {LineVersion(number) for number, _ in enumerate(Path(self.file).read_text().splitlines(), 1)}

    def download_version(self, version, destination_dir, build_metadata):
        text = Path(self.file).read_text().splitlines()[version.line - 1]
        Path(destination_dir, "line").write_text(text)
        subprocess.run(["/bin/echo", "fetched"], check=True)
        return version, {}

    def publish_new_version(self, sources_dir, build_metadata, text: str = ""):
        said = build_metadata.format_string(text, ignore_missing=True)
        return LineVersion(1), {"text": said, "url": f"https://{self.token}@example.com"}


if __name__ == "__main__":
    role = sys.argv.pop(1)
    getattr(Lines, f"{role}_main")()
