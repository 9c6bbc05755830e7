"""What is compressed, as a stream of what is in it; told by its first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Final, Protocol

from sqnc_resources.archives.limits import ArchiveError

if TYPE_CHECKING:
    from subprocess import Popen

PEEKED: Final = 1024
_CHUNK: Final = 1 << 18


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Stream:
    """Bytes, read once from begin to end; *suffixes* are what names of such a compressed file end with.

    A source that is broken raises ArchiveError.
    """

    def __init__(self, source: Readable, suffixes: tuple[str, ...] = ()) -> None:
        self.suffixes = suffixes
        self._source = source
        self._left: int | None = None
        self._what = ""
        self._peeked = b""
        self._peeked = self._read_up_to(PEEKED)

    def peek(self) -> bytes:
        """The first bytes."""
        return self._peeked

    def read(self, size: int) -> bytes:
        """The next bytes, at most *size*, and fewer at the end alone."""
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise ArchiveError(f"broken: {self._what}")
        head, self._peeked = self._peeked[:size], self._peeked[size:]
        return head + self._read_up_to(size - len(head))

    @contextmanager
    def at_most(self, size: int, what: str) -> Iterator[None]:
        """Raise ArchiveError where more than *size* bytes are read meanwhile; *what* says what is wrong."""
        self._left, self._what = size, what
        try:
            yield
        finally:
            self._left = None

    def drain(self) -> None:
        """Read the rest: a checksum comes last."""
        while self.read(_CHUNK):
            pass

    def _read_up_to(self, size: int) -> bytes:
        chunks = []
        while size > 0 and (chunk := self._read_once(size)):
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _read_once(self, size: int) -> bytes:
        try:
            return self._source.read(min(size, _CHUNK))
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
            raise ArchiveError(f"broken: {str(error).rstrip('.')}") from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise ArchiveError(f"broken: {error}") from error  # what bz2 raises


@dataclass(frozen=True, slots=True)
class Compression:
    magic: bytes
    suffixes: tuple[str, ...]
    open: Callable[[IO[bytes], ExitStack], Readable]


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Stream]:
    """The content of *file*, decompressed once where it is compressed."""
    head = file.read(8)
    file.seek(0)
    with ExitStack() as stack:
        for compression in COMPRESSIONS:
            if head.startswith(compression.magic):
                yield Stream(compression.open(file, stack), compression.suffixes)
                return
        yield Stream(file)


def _open_gzip(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))


def _open_xz(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(lzma.LZMAFile(file))


def _open_bzip2(file: IO[bytes], stack: ExitStack) -> Readable:
    return stack.enter_context(bz2.BZ2File(file))


def _open_zstd(file: IO[bytes], stack: ExitStack) -> Readable:
    """With Python's own module, from 3.14 on, else with the program."""
    try:
        module = import_module("compression.zstd")
    except ModuleNotFoundError:
        return stack.enter_context(_zstd_program(file))
    opened: Readable = module.ZstdFile(file)
    return opened


@contextmanager
def _zstd_program(file: IO[bytes]) -> Iterator[Readable]:
    from subprocess import DEVNULL, PIPE, Popen  # noqa: PLC0415  (only zstd needs it)

    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the program reads from there, whatever is buffered here
    command = ["zstd", "--decompress", "--stdout", "--quiet"]
    try:
        process = Popen(command, stdin=file, stdout=PIPE, stderr=DEVNULL)
    except FileNotFoundError as error:
        raise ArchiveError("compressed with zstd, and there is no program zstd: install it") from error
    with process:
        try:
            yield _Output(process)
        finally:
            process.kill()  # harmless where it has ended


@dataclass(frozen=True, slots=True)
class _Output:
    """What a program writes; its end is a good one if the program's is."""

    process: Popen[bytes]

    def read(self, size: int, /) -> bytes:
        assert self.process.stdout is not None
        data = self.process.stdout.read(size)
        if not data and self.process.wait():
            raise EOFError("zstd could not read it")
        return data


COMPRESSIONS: Final = (
    Compression(b"\x1f\x8b", (".gz", ".gzip", ".z"), _open_gzip),
    Compression(b"\xfd7zXZ\0", (".xz",), _open_xz),
    Compression(b"BZh", (".bz2", ".bz"), _open_bzip2),
    Compression(b"\x28\xb5\x2f\xfd", (".zst", ".zstd"), _open_zstd),
)
