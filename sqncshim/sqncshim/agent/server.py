"""The agent's entry point: `python -I -S .../sqncshim/agent/server.py`, the engine at both ends of 0 and 1.

Run by path, as process 1 of a container or as a child of the engine, with the standard library alone.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the engine on what were standard input and output; a stray print goes to standard error."""
    if sys.getfilesystemencoding() != "utf-8":  # names are, whatever the locale that the agent was given says
        os.execv(sys.executable, [sys.executable, "-X", "utf8", "-I", "-S", __file__])
    sys.path.insert(0, __file__.rsplit("/", 3)[0])
    from sqncshim.agent.guard import fork_guarded  # noqa: PLC0415 -- found through the line above
    from sqncshim.agent.loop import Loop  # noqa: PLC0415 -- as above

    os.closerange(3, 4096)  # whatever the starter left open is not for the engine's processes
    adopts = os.getpid() == 1 or (sys.platform == "linux" and fork_guarded())
    source, sink = os.dup(0), os.dup(1)
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    os.umask(0o022)
    status = Loop(source, sink, adopts=adopts).serve()
    sys.stderr.flush()
    os._exit(status)  # an interpreter that tidies up takes as long as a step


if __name__ == "__main__":
    main()
