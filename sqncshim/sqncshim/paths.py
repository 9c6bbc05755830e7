"""Where things lie inside a container: the bundle is valid at this one path."""

from typing import Final

BUNDLE: Final = "/.sqnc"
PYTHON: Final = f"{BUNDLE}/bin/python3"
NODE: Final = f"{BUNDLE}/bin/node"
GIT: Final = f"{BUNDLE}/bin/git"
SHIM: Final = f"{BUNDLE}/bin/sqncshim"
TOOLS: Final = f"{BUNDLE}/tools"
"""A folder that holds only node and git; it goes last on PATH, for actions alone."""
MODULES: Final = f"{BUNDLE}/lib/sqnc"
"""Where the bundle's own packages lie."""
AGENT: Final = (PYTHON, "-I", "-S", f"{MODULES}/sqncshim/agent/server.py")
"""The agent's command line."""
