"""What `uses` names, found and turned into the steps that it means.

    store      clones of actions, each at one commit, kept between runs
    files      the files of one action, wherever it lies
    steps      an action's file as a step document
    resolve    all of that for `sqncshim plugin uses`
    plugin     the hook

PluginError
└── ActionError            the message says which action, what is wrong, and what to do
    ├── ActionRefError     what `uses` says is not there, or is refused
    └── ActionFileError    the action's folder or file is not as it should be
"""

from sqnc_plugins.uses.errors import ActionError, ActionFileError, ActionRefError
from sqnc_plugins.uses.files import ActionFiles, FolderFiles
from sqnc_plugins.uses.resolve import resolve
from sqnc_plugins.uses.steps import document
from sqnc_plugins.uses.store import ActionStore, StoredAction

__all__ = [
    "ActionError",
    "ActionFileError",
    "ActionFiles",
    "ActionRefError",
    "ActionStore",
    "FolderFiles",
    "StoredAction",
    "document",
    "resolve",
]
