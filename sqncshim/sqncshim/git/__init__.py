"""The one place that runs git: for actions, for resources, and for a look into the user's repository.

    process      runs the program: no prompt, no remote helper that runs commands, no token in argv
    remote       another repository: its refs, and one commit of it
    repository   the user's repository: where it stands, and which files it holds

GitError                 git could not do it; the message holds git's own
├── GitMissingError      there is no git program
└── RemoteError          the repository is not there, or not for us, or its server does not answer
"""

from sqncshim.git.process import GitError, GitMissingError, Login, Result, run
from sqncshim.git.remote import RemoteError, fetch_commit, full_sha, is_sha, ls_remote
from sqncshim.git.repository import (
    Commit,
    Describing,
    Repository,
    describe,
    head_commit,
    ignored,
    is_dirty,
    tags_at_head,
    tree_files,
)

__all__ = [
    "Commit",
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
    "head_commit",
    "ignored",
    "is_dirty",
    "is_sha",
    "ls_remote",
    "run",
    "tags_at_head",
    "tree_files",
]
