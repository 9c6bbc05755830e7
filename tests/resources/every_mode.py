"""A resource type that does all that types do wrong, each under the name of a mode of its source."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from sqnc_resources import NoKeys, ResourceError, Result, Secret, hide, say
from sqnc_resources.types import load
from sqncshim.git import run

print("noise of an import")


@dataclass(frozen=True, slots=True)
class Source:
    mode: str = "plain"
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Version:
    ref: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    depth: int = 0


PutParams = NoKeys


def check(source, since):
    """What each mode does stands under its name."""
    return MODES[source.mode](source, since)


def get(source, version, params, folder):
    (folder / "file").write_text(f"{version.ref} {params.depth}")
    if version.ref == "latest":
        return Result(Version("7"))
    shown = source.secret.reveal() if source.secret else "nothing"
    return Result(version, {"cwd": str(Path.cwd()), "shown": f"<{shown}>"})


def put(source, params, folder):
    names = sorted(entry.name for entry in folder.iterdir())
    return Result(Version(names[0]), [("input", name) for name in names])


def noise(source, since):
    print("print")
    sys.stdout.write("write")
    os.write(1, b"descriptor")
    subprocess.run(["sh", "-c", "echo subprocess"], check=True)
    return [Version("1"), Version("2", 3)]


def leak(source, since):
    text = source.secret.reveal()
    say(text)
    subprocess.run(["sh", "-c", 'echo "$1"; echo "$1" >&2', "sh", text], check=True)
    hide("learned-later")
    say("learned-later")
    raise KeyError(text)


def hang(source, since):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        print("started", flush=True)
        time.sleep(1000)
    finally:
        Path(os.environ["MARK"]).write_text("cleaned up")


def hang_twice(source, since):
    try:
        print("started", flush=True)
        time.sleep(1000)
    finally:
        print("cleaning", flush=True)
        time.sleep(0.5)
        Path(os.environ["MARK"]).write_text("cleaned up")


def stubborn(source, since):
    subprocess.Popen(["sleep", "1000"])
    print("started", flush=True)
    while True:
        try:
            time.sleep(1000)
        except BaseException as error:  # noqa: BLE001  (this is what is wrong with it)
            say(repr(error))


def leave_a_child(source, since):
    script = "trap '' TERM; echo ready; exec sleep 1000"
    child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
    child.stdout.readline()
    say(f"child {child.pid}")
    return []


def late(source, since):
    text = source.secret.reveal()
    print(f"print {text}", end="")
    atexit.register(lambda: print(f"exit {text}"))
    Thread(target=lambda: (time.sleep(0.3), os.write(1, f"thread {text}".encode()))).start()
    return []


def copies(source, since):
    for status in (0, 3):
        if not (child := os.fork()):
            if status:
                sys.exit(status)
            break
        say(f"copy {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")
    return [Version("home is there" if Path(os.environ["HOME"]).is_dir() else "home is gone")]


def threads(source, since):
    Thread(target=time.sleep, args=(1000,)).start()
    print("started", flush=True)
    return []


def every_descriptor(source, since):
    script = "for number in 3 4 5 6 7 8 9; do echo noise >&$number; done 2>/dev/null"
    subprocess.run(["bash", "-c", script], close_fds=False, check=False)
    return []


def closed(source, since):
    sys.stdout.close()
    return []


def escaped(source, since):
    subprocess.run(["sh", "-c", "setsid sleep 60 &"], check=True)
    return []


def verbose(source, since):
    print("started", flush=True)
    time.sleep(0.2)
    for _ in range(40):
        os.write(2, bytes(100_000))
    return []


def interrupt(source, since):
    raise KeyboardInterrupt


def refuse(source, since):
    raise ResourceError(f"no: {source.secret.reveal()} is not welcome")


def home(source, since):
    home = Path(os.environ["HOME"])
    (home / "proof").touch()
    return [Version(str(home)), Version(os.environ["PATH"])]


MODES = {
    "plain": lambda source, since: [since or Version("first")],
    "home": home,
    "noise": noise,
    "leak": leak,
    "hang": hang,
    "hang twice": hang_twice,
    "long": lambda source, since: print("started", flush=True) or [Version("x" * 1_000_000)],
    "stubborn": stubborn,
    "child": leave_a_child,
    "refuse": refuse,
    "late": late,
    "copies": copies,
    "threads": threads,
    "descriptors": every_descriptor,
    "closed": closed,
    "escaped": escaped,
    "verbose": verbose,
    "text exit": lambda source, since: sys.exit(f"no {source.secret.reveal()}"),
    "interrupt": interrupt,
    "git": lambda source, since: run("status", cwd="/nonexistent"),
    "unknown type": lambda source, since: load("no such type"),
    "exit": lambda source, since: sys.exit(0),
    "exit 3": lambda source, since: sys.exit(3),
    "dictionary": lambda source, since: {"ref": "1"},
    "mapping": lambda source, since: [{"ref": "1"}],
    "none": lambda source, since: None,
    "secret version": lambda source, since: [Version(source.secret)],
    "list version": lambda source, since: [Version(["a"])],
}
