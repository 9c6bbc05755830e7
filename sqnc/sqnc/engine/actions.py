"""What `uses` means in a job: the action's step document, and where its files lie for the steps.

`sqnc_plugins.uses` is imported where an action is asked for: a job without any does not pay for it.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen, record
from actions_compat.uses import DockerUses, LocalUses, RepositoryUses, SelfUses, parse_uses
from sqnc.engine.steps import Step, from_document
from sqnc.engine.storage import Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqnc.engine.checkout import LocalRepository
    from sqnc.engine.storage import Storage
    from sqnc_plugins.uses import ActionStore
    from sqncshim.agent import Agent
    from sqncshim.document import Stage, StepDocument

_NO_COMMIT: Final = "0" * 40
MAX_DEPTH = 9
"""How deep composite actions may nest; GitHub's limit."""


@frozen
class Action:
    """A resolved `uses`. *source* is its repository on this machine, *root* that repository in the job."""

    uses: str
    document: StepDocument
    path: str
    repository: str = ""
    ref: str = ""
    root: str = ""
    source: Path | None = None

    @property
    def is_composite(self) -> bool:
        return self.document.action is not None and self.document.action.using == "composite"

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        return tuple(from_document(step, self.uses) for step in self.document.steps if step.stage is stage)

    def local_folder(self, context: str) -> Path | None:
        """The folder of this machine that the job sees as *context*; None where there is none."""
        if self.source is None:
            return None
        inside = posixpath.relpath(context, self.root)
        return self.source if inside == "." else self.source / inside


@frozen
class AgentFiles:
    """The folder of an action that lies in a job."""

    agent: Agent
    folder: str

    def read(self, name: str) -> bytes | None:
        return self.agent.get_file(posixpath.join(self.folder, name))


@record
class Actions:
    """The actions of one job; each repository is placed once. *store* opens the run's store of clones.

    *own* is the repository that the workflow is of, and *tree* its working tree.
    """

    store: Callable[[], ActionStore]
    storage: Storage
    own: LocalRepository
    tree: Tree
    _placed: set[str] = field(default_factory=set)

    def resolve_remote(self, uses: str, agent: Agent | None) -> Action | None:
        """Resolve what needs nothing of the workspace; None for a local action. Raise ActionError."""
        from sqnc_plugins.uses import FolderFiles, document  # noqa: PLC0415  (see above)
        from sqnc_plugins.uses.steps import parse  # noqa: PLC0415  (as above)

        named = self._own(uses) or parse(uses)
        match named:
            case RepositoryUses():
                return self._repository(uses, named, agent)
            case DockerUses():
                nowhere = FolderFiles(self.storage.folder)
                return Action(uses, document(uses, nowhere, path=""), "")
            case LocalUses():
                return None

    def resolve_local(self, uses: str, agent: Agent) -> Action:
        """Resolve an action of the workspace, as it is there now. Raise ActionError."""
        from sqnc_plugins.uses import document  # noqa: PLC0415  (see above)

        folder = posixpath.normpath(posixpath.join(self.storage.layout.workspace, uses.replace("\\", "/")))
        return Action(uses, document(uses, AgentFiles(agent, folder), path=folder), folder)

    def _own(self, uses: str) -> RepositoryUses | None:
        """What `$/path` in the workflow means; None for anything else."""
        named = parse_uses(uses) if uses.startswith("$/") else None
        if not isinstance(named, SelfUses):
            return None
        owner, _, name = self.own.slug.partition("/")
        return RepositoryUses(owner, name, named.path, self.own.sha or _NO_COMMIT)

    def _repository(self, uses: str, named: RepositoryUses, agent: Agent | None) -> Action:
        from sqnc_plugins.uses import FolderFiles, document  # noqa: PLC0415  (see above)

        name = f"{named.owner}/{named.repository}"
        if (name, named.ref) == (self.own.slug, self.own.sha or _NO_COMMIT):
            tree, commit = self.tree, self.own.sha  # as it is here, like `actions/checkout` of it
        else:
            stored = self.store().checkout(named)
            tree, commit = Tree(stored.path), stored.commit
        root = f"{self.storage.layout.actions}/{name}/{named.ref}"
        path = posixpath.join(root, named.path) if named.path else root
        files = FolderFiles(tree.source, named.path)
        found = document(str(named), files, path=path, version=commit)
        if root not in self._placed:
            self._placed.add(root)
            self.storage.place(tree, root, agent)
        return Action(uses, found, path, name, named.ref, root, tree.source)
