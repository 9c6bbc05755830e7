"""The entries of a tar archive, as they come in a stream."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Self

from sqnc_resources.archives.limits import ArchiveError

if TYPE_CHECKING:
    from sqnc_resources.archives.streams import Stream
    from sqnc_resources.archives.tree import Tree

_NAMED: Final = re.compile(r"\.(tar(\.\w+)?|t[gbxz]z2?|tzst)$", re.IGNORECASE)
_CHUNK: Final = 32 << 10
_HEADER: Final = 32 << 10
"""How long a header may be; older Pythons take a time for it that grows with its square."""
_HEADERS: Final = 128 << 10
"""How long all may be that stands before an entry's content: it is held as a whole."""
_TOO_LONG: Final = "a header is too long"
_SPECIAL: Final = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})


class _Info(tarfile.TarInfo):
    """An entry's header. tarfile takes a broken one for the end; here it is an error."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if not buf:
            raise ArchiveError("broken: it ends before its end mark")
        if not any(buf):
            return super().frombuf(buf, encoding, errors)  # raises what stands for the end
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            raise ArchiveError(f"broken: {error}") from error
        if info.type in _SPECIAL and info.size > _HEADER:
            raise ArchiveError(f"broken: {_TOO_LONG}")
        return info


def is_tar(head: bytes, name: str) -> bool:
    """Whether the first bytes are those of a tar archive; an empty one is told by its name alone."""
    block = head[: tarfile.BLOCKSIZE]
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return not any(block) and bool(_NAMED.search(name))
    return True


def unpack(stream: Stream, tree: Tree) -> None:
    """Write all entries to *tree*, and read the stream to its end."""
    for_each(stream, lambda archive, info: _unpack(archive, info, tree))


def for_each(stream: Stream, use: Callable[[tarfile.TarFile, tarfile.TarInfo], None]) -> None:
    """Call *use* with each entry and the archive that has its content; then read the stream to its end."""
    try:
        with _opened(stream) as archive:
            while (info := _next(archive, stream)) is not None:
                use(archive, info)
    except (tarfile.TarError, EOFError, RecursionError) as error:  # a header of a header of a header …
        raise ArchiveError(f"broken: {error}") from error
    stream.drain()


def _opened(stream: Stream) -> tarfile.TarFile:
    with stream.at_most(_HEADERS, _TOO_LONG):  # it reads the first header
        archive: tarfile.TarFile = tarfile.open(  # type: ignore[call-overload]  # noqa: SIM115  (the caller does)
            fileobj=stream, mode="r|", bufsize=_CHUNK, tarinfo=_Info
        )
        return archive


def _next(archive: tarfile.TarFile, stream: Stream) -> tarfile.TarInfo | None:
    with stream.at_most(_HEADERS, _TOO_LONG):
        info = archive.next()
    archive.members.clear()  # type: ignore[attr-defined]  # it would remember every entry
    return info


def _unpack(archive: tarfile.TarFile, info: tarfile.TarInfo, tree: Tree) -> None:
    if info.isdir():
        tree.folder(info.name)
    elif info.issym():
        tree.link(info.name, info.linkname)
    elif info.islnk():
        tree.same_file(info.name, info.linkname)
    elif info.isreg():
        content = archive.extractfile(info)
        assert content is not None
        tree.write(info.name, content, mode=info.mode, time_s=info.mtime)
    else:
        raise ArchiveError(f"{info.name}: a device or a pipe, which no folder needs")
