"""Layers over layers, whatever is in them, against the rules in their shortest form."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.resources.registry_image.images import entry, tar, tree

from sqnc_resources.archives import ArchiveError
from sqnc_resources.archives.streams import Stream
from sqnc_resources.archives.tar import for_each
from sqnc_resources.registry_image.rootfs import add_entry
from sqnc_resources.registry_image.tree import RootTree

PATHS = ("a", "b", "a/a", "a/b", "b/a", "a/a/a", "a/b/a", "a/a/b")
ENTRIES = st.tuples(st.sampled_from(["file", "folder", "hide", "opaque"]), st.sampled_from(PATHS))
LAYERS = st.lists(st.lists(ENTRIES, max_size=6), max_size=4)


class Model:
    """A file system: the number of the entry that a file is of, or None for a folder, by path."""

    def __init__(self) -> None:
        self.files: dict[str, str | None] = {}
        self.own: set[str] = set()

    def add(self, kind: str, path: str, content: str) -> None:
        """Raise ArchiveError for a path through a file."""
        if kind in {"hide", "opaque"}:
            self._hide(path, itself=kind == "hide")
            return
        parts = path.split("/")
        for parent in ("/".join(parts[:count]) for count in range(1, len(parts))):
            if self.files.setdefault(parent, None) is not None:
                raise ArchiveError(path)
        if kind == "file" or self.files.get(path) is not None:
            self.files = {one: was for one, was in self.files.items() if not _below(one, path)}
        self.files[path] = content if kind == "file" else None
        self.own.add(path)

    def _hide(self, path: str, *, itself: bool) -> None:
        for one in sorted(self.files, reverse=True):  # what is in a folder before the folder
            inside = one.startswith(f"{path}/") or (itself and one == path)
            empty = not any(other.startswith(f"{one}/") for other in self.files)
            if inside and one not in self.own and empty:
                del self.files[one]


def _below(one: str, path: str) -> bool:
    return one == path or one.startswith(f"{path}/")


def written(kind: str, path: str, content: str) -> tuple[tarfile.TarInfo, bytes]:
    folder, _, name = path.rpartition("/")
    match kind:
        case "file":
            return entry(path, content.encode())
        case "folder":
            return entry(path)
        case "hide":
            return entry(f"{folder}/.wh.{name}", b"")
    return entry(f"{path}/.wh..wh..opq", b"")


@given(layers=LAYERS)
@settings(deadline=None, max_examples=150)
def test_layers_make_what_the_rules_say(layers: list[list[tuple[str, str]]]) -> None:
    model = Model()
    with TemporaryDirectory() as folder:
        root = RootTree(folder)
        for number, layer in enumerate(layers):
            named = [(kind, path, f"{number}.{index}") for index, (kind, path) in enumerate(layer)]
            model.own.clear()
            root.begin_layer()
            try:
                for one in named:
                    model.add(*one)
            except ArchiveError:
                with pytest.raises(ArchiveError, match="is no folder"):
                    unpack(root, named)
                return
            unpack(root, named)
        root.finish()
        assert tree(Path(folder)) == {path: was or "/" for path, was in sorted(model.files.items())}


def unpack(root: RootTree, named: list[tuple[str, str, str]]) -> None:
    stream = Stream(io.BytesIO(tar(*(written(*one) for one in named))))
    for_each(stream, lambda archive, info: add_entry(root, archive, info, debug=False))
