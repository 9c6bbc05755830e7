"""The volumes of a job, and how trees get into them.

A tree that is placed before the first container starts is shown copy-on-write where the runtime can do
that; otherwise, and later on, it is streamed through an agent. Either way it is the same files, and neither
writes to the tree.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import field
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen, record
from sqnc.runtimes import NotShareable, Volume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqnc.runtimes import Image, Runtime
    from sqncshim.agent import Agent

TOOL_CACHE: Final = "sqnc-toolcache"
_ROOTS: Final = frozenset({"", "0", "root"})


@frozen
class Tree:
    """A folder of this machine to be shown in a job.

    *files* gives the paths to stream, None for all; *hidden* gives those that a copy-on-write view must hide.
    *overlay* makes a folder of what is to lie over the tree, and says whether there is anything.
    """

    source: Path
    files: Callable[[], Sequence[str] | None] = lambda: None
    hidden: Callable[[], Sequence[str]] = tuple
    overlay: Callable[[Path], bool] = lambda _: False


@frozen
class Layout:
    """Where a job's processes find things: GitHub's own paths where there are containers."""

    workspace: str
    temp: str
    github: str
    actions: str
    tool_cache: str

    @property
    def home(self) -> str:
        return f"{self.github}/home"

    @property
    def event_path(self) -> str:
        return f"{self.github}/workflow/event.json"

    @property
    def file_commands(self) -> str:
        return f"{self.temp}/_runner_file_commands"

    @property
    def runner_workspace(self) -> str:
        return self.workspace.rpartition("/")[0]


@record
class Storage:
    """The volumes of one job. Made by `open`; one job, one thread."""

    runtime: Runtime
    run: str
    folder: Path
    layout: Layout
    volumes: list[Volume]
    _waiting: list[tuple[Tree, str]] = field(default_factory=list)
    _started: bool = False

    @classmethod
    def open(
        cls, runtime: Runtime, run: str, *, folder: Path, tools: Path, repository: str, bind: Path | None
    ) -> Storage:
        """Make the job's volumes, but for the workspace where it may still become a view of a tree.

        *folder* is the run's, *tools* the tool cache of this machine for a runtime without containers.
        *bind* is the folder to use as the workspace itself.
        """
        workspace = f"/__w/{repository}/{repository}"
        made = {path: runtime.create_volume(run, path) for path in ("/__w/_temp", "/github", "/__a")}
        volumes = list(made.values())
        tool_cache = "/__t"
        if runtime.isolated:
            volumes.append(Volume(TOOL_CACHE, tool_cache))
        else:
            tool_cache = str(tools)
        if bind is not None:
            path = workspace if runtime.isolated else str(bind)
            volumes.append(Volume(str(bind), path))
            workspace = path
        elif not runtime.isolated:
            volumes.append(runtime.create_volume(run, workspace))
            workspace = volumes[-1].path
        temp, github, actions = (made[path].path for path in ("/__w/_temp", "/github", "/__a"))
        layout = Layout(workspace, temp, github, actions, tool_cache)
        return cls(runtime, run, folder, layout, volumes)

    def place(self, tree: Tree, target: str, agent: Agent | None) -> None:
        """Show *tree* at the path *target*: now through *agent*, or at the start of the first one."""
        if agent is None:
            self._waiting = [item for item in self._waiting if item[1] != target]
            self._waiting.append((tree, target))
        else:
            self._stream(tree, target, agent)

    def prepare(self, image: Image) -> tuple[Volume, ...]:
        """Make what is still missing for a container of *image*; the first call decides on the views."""
        if not self._started:
            self._started = True
            self._waiting = [item for item in self._waiting if not self._show(*item, image)]
            if not any(volume.path == self.layout.workspace for volume in self.volumes):
                self.volumes.append(self.runtime.create_volume(self.run, self.layout.workspace))
        return tuple(self.volumes)

    def fill(self, agent: Agent, user: str) -> None:
        """Stream what could not be shown; once, through the first container's agent."""
        waiting, self._waiting = self._waiting, []
        for tree, target in waiting:
            self._stream(tree, target, agent, user=user)

    def _stream(self, tree: Tree, target: str, agent: Agent, *, user: str = "") -> None:
        agent.put_tree(tree.source, tree.files(), target, user=user)
        overlay = self._new_folder("overlay")
        if tree.overlay(overlay):
            agent.put_tree(overlay, None, target, user=user)

    def _new_folder(self, name: str) -> Path:
        """A path in the run's folder that nothing lies at."""
        return self.folder / f"{name}-{os.urandom(4).hex()}"

    def _show(self, tree: Tree, target: str, image: Image) -> bool:
        """Make a copy-on-write view of the tree; False where it must be streamed."""
        if any(volume.path == target for volume in self.volumes):
            return False  # bound, or made already
        if image.user.partition(":")[0] not in _ROOTS:
            return False  # a user that is not root could not write to it
        try:
            veil = self._veil(tree)
            lower = (tree.source,) if veil is None else (veil, tree.source)
            self.volumes.append(self.runtime.create_volume(self.run, target, lower=lower))
        except (NotShareable, PermissionError):
            return False
        return True

    def _veil(self, tree: Tree) -> Path | None:
        """Make a layer of the tree's overlay, and of whiteouts, which need no privilege to make."""
        veil, hidden = self._new_folder("veil"), tree.hidden()
        if not tree.overlay(veil) and not hidden:
            return None
        if sys.platform == "win32":
            raise NotShareable(f"{tree.source}: Windows has no whiteouts to hide files with")
        import shutil  # noqa: PLC0415  (2 ms, and without containers there are no views)

        veil.mkdir(exist_ok=True)
        shutil.copymode(tree.source, veil)
        for name in hidden:
            whiteout = veil / name.rstrip("/")
            for parent in reversed(whiteout.relative_to(veil).parents[:-1]):
                if not (veil / parent).exists():
                    (veil / parent).mkdir()
                    shutil.copymode(tree.source / parent, veil / parent)
            os.mknod(whiteout, stat.S_IFCHR, os.makedev(0, 0))
        return veil
