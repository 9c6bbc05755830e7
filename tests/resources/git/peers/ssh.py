"""OpenSSH's server for one user: the one who runs it.

    python ssh.py FOLDER

It lets in whoever has a key that `FOLDER/authorized` names, at a free port of this machine; its first line of
output is the port. Each connection is told of in `FOLDER/log`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

FOLDER = Path(sys.argv[1])
SSHD = str(shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"))
CONFIG = f"""\
HostKey {FOLDER}/host
AuthorizedKeysFile {FOLDER}/authorized
LogLevel VERBOSE
KbdInteractiveAuthentication no
PasswordAuthentication no
PermitRootLogin yes
PidFile none
StrictModes no
UsePAM no
"""


class Handler(BaseRequestHandler):
    def handle(self) -> None:
        command = [SSHD, "-i", "-f", FOLDER / "config", "-E", FOLDER / "log"]
        subprocess.run(command, stdin=self.request, stdout=self.request, check=False)


class Server(ThreadingTCPServer):
    daemon_threads = True


subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", FOLDER / "host"], check=True)
(FOLDER / "config").write_text(CONFIG)
(FOLDER / "log").touch()
if os.geteuid() == 0:  # OpenSSH as root wants it, and the service that makes it does not run here
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
