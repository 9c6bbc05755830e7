"""Who descends from a process is signalled in an order in which nothing goes on meanwhile."""

from __future__ import annotations

import subprocess
import sys

ROUNDS = """
import os, signal, subprocess, time
from sqncshim.agent import descendants

kill = os.kill
os.kill = lambda *given: (kill(*given), time.sleep(0.02))  # as on a machine with other work
for _ in range(8):  # process numbers of all kinds: an order by chance would be right for most of them
    with subprocess.Popen(["sh", "-c", "sh -c 'sleep 60; echo on'; echo on"], stdout=-1) as shell:
        while len(descendants.below_this()) < 3:
            time.sleep(0.01)
        descendants.send(descendants.below_this(), signal.SIGTERM)
        print(shell.stdout.read().decode(), end="")
"""


def test_no_shell_goes_on_to_its_next_command_when_what_it_runs_is_ended() -> None:
    done = subprocess.run([sys.executable, "-c", ROUNDS], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
