"""The image of an action with a Dockerfile."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqnc.engine.actions import Action
    from sqnc.runtimes import Image, Progress, Runtime
    from sqncshim.agent import Agent
    from sqncshim.document import Build


def build_image(
    action: Action, build: Build, runtime: Runtime, agent: Agent, *, scratch: Path, progress: Progress
) -> Image:
    """Build it; raise BuildFailed. Where the action lies in the job alone, *agent* copies it to *scratch*."""
    folder = action.local_folder(build.context)
    if folder is not None:
        return _build(folder, action, build, runtime, progress=progress)
    with tempfile.TemporaryDirectory(dir=scratch) as copied:
        agent.get_tree(build.context, Path(copied))
        return _build(Path(copied), action, build, runtime, progress=progress)


def _build(folder: Path, action: Action, build: Build, runtime: Runtime, *, progress: Progress) -> Image:
    commit = (action.document.version or {}).get("ref", "")
    name = f"{action.repository}@{commit}:{build.context}:{build.dockerfile}"
    tag = f"sqnc-action:{hashlib.sha256(name.encode()).hexdigest()[:24]}"
    return runtime.build(folder, dockerfile=build.dockerfile, tag=tag, progress=progress)
