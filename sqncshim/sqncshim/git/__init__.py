"""The one place that runs git: for actions, for resources, and for a look into the user's repository.

    process      runs the program: no prompt, no remote helper that runs commands, no token in argv
    remote       another repository: its refs, and one commit of it
    repository   the user's repository: where it stands, and which files it holds
    standalone   a git folder for a copy of a worktree or a submodule

GitError                 git could not do it; the message holds git's own
├── GitMissingError      there is no git program
└── RemoteError          the repository is not there, or not for us, or its server does not answer
"""

from sqncshim.git.process import GitError, GitMissingError, Login, Result, run
from sqncshim.git.remote import RemoteError, fetch_commit, full_sha, is_sha, ls_remote
from sqncshim.git.repository import (
    Describing,
    Repository,
    describe,
    ignored,
    tags_at_head,
    tree_files,
)

__all__ = [
    "Describing",
    "GitError",
    "GitMissingError",
    "Login",
    "RemoteError",
    "Repository",
    "Result",
    "describe",
    "fetch_commit",
    "full_sha",
    "ignored",
    "is_sha",
    "ls_remote",
    "run",
    "tags_at_head",
    "tree_files",
]
