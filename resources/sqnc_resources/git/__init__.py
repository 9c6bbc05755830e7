"""The git resource type: commits and tags of a repository.

It takes the keys of Concourse's git resource, and scripts find what they are used to: the files that a get
writes and the messages on standard error. It needs `git`; for some keys also `ssh` (`private_key`),
`proxytunnel` (`https_tunnel`), `gpg` (`commit_verification_keys`), `git-crypt` (`git_crypt_key`); and
`git-lfs` where a repository keeps files in LFS.

A **check** answers with the commits of the branch since the given one, that one first; with `tag_filter` or
`tag_regex`, with tags. Of a merged branch the merge alone counts. Commits with `[ci skip]` in their message
do not. Where the given commit is not there any more, as after a forced push, the newest one is the answer.
What was fetched is kept in `$TMPDIR/git-resource-repo-cache`.

A **get** clones one branch and checks the commit out, detached, with its submodules. It writes to `.git/`:

| file | holds |
|---|---|
| `ref`, `commit` | the version's ref; the commit's SHA |
| `short_ref` | the first seven characters of the ref, as `short_ref_format` has them |
| `describe_ref` | what `git describe` says |
| `branch`, `tags` | branches and tags at the commit, with commas between them; may be empty |
| `author`, `author_date` | who wrote the commit, and when |
| `committer`, `committer_name` | the author's e-mail address and name |
| `committer_date`, `commit_timestamp` | when it was committed; the second as `timestamp_format` has it |
| `commit_message` | the whole message |
| `url` | the commit's page at GitHub, GitLab, Gogs or Bitbucket; else empty |
| `metadata.json` | what people are shown |

A **put** pushes what is checked out, and tags. With `rebase` or `merge` it takes in what others have
pushed, and tries again until its push is accepted; without them a rejected push is a failure.

Some things are not as Concourse's type has them. The committer is told whoever the author is; `version_depth`
counts the commits that the filters leave; `exclude_all_match` works with every git; a tag may lie on the very
first commit; a file that is to hold a tag or a note is missed before anything is pushed; after a put the
repository has no remote more than before.

Logins for HTTP(S) lie in `~/.netrc` and how to connect over ssh in `~/.ssh/config`, for later steps in the
same container; each run writes them anew, and removes them where its source has none. Files there that are
somebody else's stay as they are. Private keys are only ever in an ssh-agent.
"""

# values     the keys of source, version and params
# access     how the repository is reached: keys, logins, proxy, settings
# check      which versions are new
# clone      get: a version into a folder
# push       put: a folder's commits to the repository

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.git.check import check
from sqnc_resources.git.values import GetParams, PutParams, Source, Version

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Check *version* out into *folder*, and write what is known of it to files under its `.git`."""
    from sqnc_resources.git.clone import get as run  # noqa: PLC0415  (check needs none of it)

    return run(source, version, params, folder)


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Push from *folder*; return the commit that is on the branch now."""
    from sqnc_resources.git.push import put as run  # noqa: PLC0415  (check needs none of it)

    return run(source, params, folder)
