"""Fork and exec: a process in a session of its own, as its user, in its folder, with nothing of the agent's.

`subprocess` would cost the agent's start 8 ms and cannot give a process a terminal. Signal dispositions need
no care here: the agent has a handler where it does not want the default, and exec resets handlers.
"""

from __future__ import annotations

import errno
import os

from sqncshim.agent.protocol import text

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from typing import Final, NoReturn

    from sqncshim.agent.users import Identity

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
_CHDIR: Final = b"chdir"
_USER: Final = b"user"
_EXEC: Final = b"exec"


class SpawnError(Exception):
    """The process was not started, for the reason that the message gives."""


class Plan:
    """What to start; *identity* is None for the agent's own user."""

    __slots__ = ("argv", "cwd", "env", "identity", "pty", "stdin")

    def __init__(self, argv: list[str], env: dict[bytes, bytes], cwd: str) -> None:
        self.argv = argv
        self.env = env
        self.cwd = cwd
        self.identity: Identity | None = None
        self.pty = False
        self.stdin: bytes | None = None


class Pipes:
    """The agent's ends. stdin is -1 where nothing is to be written, stderr where a terminal is both.

    failure gives, when the process has ended, why its program could not be run: see `failure`.
    """

    __slots__ = ("failure", "stderr", "stdin", "stdout")

    def __init__(self, stdin: int, stdout: int, stderr: int, failure: int) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.failure = failure


def spawn(plan: Plan, devnull: int) -> tuple[int, Pipes]:
    """Start it and return its number, which is its session's too; raise SpawnError."""
    opened: list[int] = []
    try:
        pipes, theirs = (
            _open_terminal(plan, devnull, opened) if plan.pty else _open_pipes(plan, devnull, opened)
        )
        failure, report = os.pipe()
        opened += (failure, report)
        pipes.failure = failure
        pid = _start_beside(plan, theirs) or os.fork()
    except OSError as error:
        for descriptor in opened:
            os.close(descriptor)
        raise SpawnError(f"{plan.argv[0]}: cannot start a process: {error.strerror}") from error
    if pid == 0:
        _become(plan, theirs, report)
    ours = (pipes.stdin, pipes.stdout, pipes.stderr, pipes.failure)
    for descriptor in opened:
        if descriptor in ours:
            os.set_blocking(descriptor, False)
        else:
            os.close(descriptor)
    return pid, pipes


def _open_pipes(plan: Plan, devnull: int, opened: list[int]) -> tuple[Pipes, tuple[int, int, int]]:
    stdin, ours = devnull, -1
    if plan.stdin is not None:
        stdin, ours = os.pipe()
        opened += (stdin, ours)
    stdout, stdout_end = os.pipe()
    opened += (stdout, stdout_end)
    stderr, stderr_end = os.pipe()
    opened += (stderr, stderr_end)
    return Pipes(ours, stdout, stderr, -1), (stdin, stdout_end, stderr_end)


def _open_terminal(plan: Plan, devnull: int, opened: list[int]) -> tuple[Pipes, tuple[int, int, int]]:
    """One terminal for all three; without anything to type, standard input is /dev/null all the same."""
    master, slave = os.openpty()
    opened += (master, slave)
    ours = -1
    if plan.stdin is not None:
        ours = os.dup(master)
        opened.append(ours)
    if plan.identity is not None:
        os.fchown(slave, plan.identity.uid, plan.identity.gid)
    return Pipes(ours, master, -1, -1), (devnull if plan.stdin is None else slave, slave, slave)


def _start_beside(plan: Plan, descriptors: tuple[int, int, int]) -> int:
    """Start it with posix_spawn, which copies nothing of this process; return 0 where that is not possible.

    The reason is not kept: the caller forks then, meets the same failure, and reports it. This process is in
    *plan*'s folder meanwhile, which does no harm, since it uses absolute paths alone.
    """
    if plan.pty or plan.identity is not None or not hasattr(os, "posix_spawn"):
        return 0
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(descriptors)]
    try:
        os.chdir(plan.cwd)
        program = next(filter(os.path.lexists, _programs(plan)), plan.argv[0])
        return os.posix_spawn(program, plan.argv, plan.env, file_actions=actions, setsid=True)
    except (OSError, NotImplementedError):
        return 0
    finally:
        os.chdir("/")


def _become(plan: Plan, descriptors: tuple[int, int, int], report: int) -> NoReturn:
    """In the child: become the process, or report why not. Nothing of the agent's may run on from here."""
    stage, code = _CHDIR, NOT_EXECUTABLE
    try:
        os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        if plan.pty:
            _take_terminal()
        os.chdir(plan.cwd)
        stage = _USER
        if plan.identity is not None:
            os.setgroups(plan.identity.groups)
            os.setgid(plan.identity.gid)
            os.setuid(plan.identity.uid)
        stage = _EXEC
        _execute(plan)
    except OSError as error:
        code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
        os.write(report, b"%s %d" % (stage, error.errno or 0))
    finally:
        os._exit(code)


def _take_terminal() -> None:
    import fcntl  # noqa: PLC0415 -- only with a terminal
    import termios  # noqa: PLC0415 -- as above

    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


def _execute(plan: Plan) -> None:
    """Run the first program of its name that can be run; raise the OSError that tells most of why not."""
    refused: OSError | None = None
    for program in _programs(plan):
        try:
            os.execve(program, plan.argv, plan.env)
        except OSError as error:
            if "/" in plan.argv[0] or not isinstance(error, FileNotFoundError | NotADirectoryError):
                refused = refused or error
    raise refused or FileNotFoundError(errno.ENOENT, plan.argv[0])


def _programs(plan: Plan) -> list[str]:
    """Where its program may lie, in the order of PATH; one at least."""
    name = plan.argv[0]
    if "/" in name:
        return [name]
    path = text(plan.env[b"PATH"]) if b"PATH" in plan.env else DEFAULT_PATH
    return [f"{folder or '.'}/{name}" for folder in path.split(":")]


def failure(plan: Plan, descriptor: int) -> tuple[str, bool]:
    """Return why the process that has ended was never its program, and whether that refuses the command.

    A program that cannot be run is a way to fail; a folder or user that is not to be had, a mistake.
    """
    try:
        told = os.read(descriptor, 4096)
    except OSError:
        told = b""
    if not told:
        return "", False
    stage, _, number = told.partition(b" ")
    reason = os.strerror(int(number))
    if stage != _EXEC:
        what = f"working directory {plan.cwd}" if stage == _CHDIR else "cannot change to the user"
        return f"{what}: {reason}", True
    if int(number) == errno.ENOENT and "/" not in plan.argv[0]:
        reason = "command not found"
    return f"{plan.argv[0]}: {reason}", False
