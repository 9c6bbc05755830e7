"""The engine's end of an agent: `Agent` and `Process`.

`on_output` is called in the thread that waits for the process. So a slow one holds up its own process, whose
credit then runs out, and no other. Every method may be called from any thread.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from sqncshim.agent.connection import Channel, Connection
from sqncshim.agent.protocol import Kind, ProtocolError, encoded, pack, pack_texts, text, unpack, unpack_texts
from sqncshim.agent.trees import BATCH_BYTES, TreeWriter, read_tree
from sqncshim.agent.values import AgentFailure, Command, CommandRefused, Exit, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from sqncshim.agent.values import Stream

_OUTPUTS: Final = {Kind.STDOUT: Output.STDOUT, Kind.STDERR: Output.STDERR}


class Agent:
    """An agent at the other end of *stream*. Raises AgentLost where what is there is none.

    Every method raises AgentLost once the stream has ended, also those that wait at that moment.
    """

    def __init__(self, stream: Stream, *, timeout_s: float = 30.0) -> None:
        """Wait for the agent's hello, at most *timeout_s*."""
        self._connection = Connection(stream)
        self.hello = self._connection.wait_for_hello(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, command: Command, on_output: Callable[[Output, bytes], None]) -> Exit:
        """Run to the end; the process is ended where *on_output* raises. Raise CommandRefused."""
        return self.start(command, on_output).wait()

    def start(self, command: Command, on_output: Callable[[Output, bytes], None]) -> Process:
        """Start and return at once; output comes as `Process.wait` runs. Both raise CommandRefused."""
        try:
            return Process(self._connection.open(Kind.RUN, command.encode()), on_output)
        except AgentFailure as error:
            raise CommandRefused(str(error)) from None

    def put_file(self, path: str, data: bytes, *, mode: int = 0o644, user: str = "") -> None:
        """Write a file, replacing what is there; its folders are made. Raise AgentFailure."""
        folder, _, name = path.rpartition("/")
        kinds = itertools.chain([b"f"], itertools.repeat(b"+"))
        pieces = [data[at : at + BATCH_BYTES] for at in range(0, len(data), BATCH_BYTES)] or [b""]
        entries = (
            pack([kind, b"%d" % mode, encoded(name), piece])
            for kind, piece in zip(kinds, pieces, strict=False)
        )
        self._put(entries, folder or "/", user)

    def get_file(self, path: str) -> bytes | None:
        """Return a file's content, None where there is none; raise AgentFailure, also above 64 MB."""
        return next(iter(unpack(self._ask("read", path))), None)

    def put_tree(self, source: Path, paths: Iterable[str] | None, target: str, *, user: str = "") -> None:
        """Copy *paths* below *source*, folders with all in them (None: everything), to the folder *target*.

        Modes, links and empty folders come along, times do not. *target* is made; files in the way are
        replaced, others stay. Raise AgentFailure, and OSError for what cannot be read here.
        """
        self._put(read_tree(str(source), paths), target, user)

    def get_tree(self, path: str, target: Path) -> None:
        """Copy the folder *path* to *target*, as `put_tree` does; nothing is written outside *target*.

        Raise AgentFailure, and OSError for what cannot be written here.
        """
        writer = TreeWriter(str(target), None)
        with self._connection.open(Kind.GET, pack_texts([path])) as channel:
            try:
                for kind, payload in channel.frames():
                    if kind is Kind.ENTRIES:
                        writer.write(payload)
            except ProtocolError as error:
                raise AgentFailure(f"{path}: {error}") from None
        writer.close()

    def remove(self, *paths: str) -> None:
        """Remove files, links, and folders with all in them; what is not there is fine."""
        self._ask("remove", *paths)

    def make_dirs(self, *paths: str, mode: int = 0o755, user: str = "") -> None:
        """Make folders and those above them; they get *mode* and *user* also where they were there."""
        self._ask("make-folders", str(mode), user, *paths)

    def which(self, name: str, path: str) -> str | None:
        """Return the program that *name* runs with PATH=*path*, or None."""
        return self.which_of([name], path)[0]

    def which_of(self, names: Sequence[str], path: str) -> list[str | None]:
        """`which` for several names in one question."""
        return [found or None for found in unpack_texts(self._ask("which", path, *names))]

    def exists(self, path: str) -> bool:
        """Say whether *path* is there, if only as a link that leads nowhere."""
        return self.which_exist([path])[0]

    def which_exist(self, paths: Sequence[str]) -> list[bool]:
        """`exists` for several paths in one question."""
        return [bool(found) for found in unpack_texts(self._ask("exists", *paths))]

    def hash_files(self, root: str, arguments: Sequence[str]) -> str:
        """Return what `hashFiles` gives for these arguments: patterns, after an option or none.

        Raise AgentFailure with GitHub's message.
        """
        from actions_compat.hashfiles import TIMEOUT_S, timeout_message  # noqa: PLC0415 -- seldom asked for

        argv = (self.hello.python, "-I", self._script("hashing"), root, *arguments)
        said, ended = self._run_script(argv, timeout_s=TIMEOUT_S)
        if ended.timed_out:
            raise AgentFailure(timeout_message(arguments))
        if ended.code != 0:
            raise AgentFailure(said[Output.STDERR])
        return said[Output.STDOUT]

    def copy(self, source: str, target: str, names: Iterable[str] = (), *, move: bool = False) -> None:
        """Copy *names* in the folder *source*, none for all in it, into the folder *target*, which is there.

        Modes, times and links come along; what is copied belongs to the owner of *target*; files in the way
        are replaced. Raise AgentFailure.
        """
        how = "move" if move else "copy"
        argv = (self.hello.python, "-I", "-S", self._script("copying"), how, source, target, *names)
        said, ended = self._run_script(argv)
        if ended.code != 0:
            raise AgentFailure(f"{source}: it cannot be copied to {target}: {said[Output.STDERR]}")

    def _script(self, name: str) -> str:
        return f"{self.hello.root}/sqncshim/agent/{name}.py"

    def _run_script(
        self, argv: tuple[str, ...], timeout_s: float | None = None
    ) -> tuple[dict[Output, str], Exit]:
        parts: dict[Output, list[bytes]] = {output: [] for output in Output}
        ended = self.run(Command(argv, timeout_s=timeout_s), lambda output, data: parts[output].append(data))
        return {output: text(b"".join(found)).strip() for output, found in parts.items()}, ended

    def close(self) -> None:
        """End the stream: the agent kills all that it started, and exits. A second call is harmless."""
        self._connection.close()

    def _put(self, batches: Iterable[bytes], target: str, user: str) -> None:
        with self._connection.open(Kind.PUT, pack_texts([target, user])) as channel:
            for batch in batches:
                if channel.has_answer():
                    break
                channel.send(Kind.ENTRIES, batch)
            channel.send(Kind.ENTRIES)
            channel.answer()

    def _ask(self, question: str, *words: str) -> bytes:
        with self._connection.open(Kind.ASK, pack_texts([question, *words])) as channel:
            return channel.answer()


class Process:
    """A process that was started. One thread waits; any may signal or end it."""

    def __init__(self, channel: Channel, on_output: Callable[[Output, bytes], None]) -> None:
        self._channel = channel
        self._on_output = on_output
        self._exit: Exit | None = None

    def wait(self) -> Exit:
        """Hand on the output until the exit, and return that; again at once on a second call.

        Raise CommandRefused where it could not be started. What *on_output* raises ends the process.
        """
        if self._exit is None:
            self._exit = self._follow()
        return self._exit

    def signal(self, number: int) -> None:
        """Send a signal to the process and its group; nothing happens when it has ended."""
        self._channel.send(Kind.SIGNAL, b"%d" % number)

    def end(self) -> None:
        """Have it ended with all its descendants: INT, TERM, KILL, with the command's graces between.

        Returns at once; `wait` returns when they are gone. A second call is harmless.
        """
        self._channel.send(Kind.END)

    def _follow(self) -> Exit:
        with self._channel as channel:
            try:
                for kind, payload in channel.frames():
                    if kind is Kind.EXIT:
                        return Exit.decode(payload)
                    self._on_output(_OUTPUTS[kind], payload)
            except AgentFailure as error:
                raise CommandRefused(str(error)) from None
        raise AssertionError("frames end with EXIT")
