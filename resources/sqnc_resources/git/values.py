"""What the git type is told: the keys of its source and params, and its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqnc_resources.keys import Secret

KEYSERVER = "hkp://keyserver.ubuntu.com/"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of git."""

    name: str
    """The setting, as `git config` takes it: `push.recurseSubmodules`."""
    value: str = ""
    """Its value, word for word."""


@dataclass(frozen=True, slots=True)
class SubmoduleCredential:
    """What opens submodules that the repository's own credentials do not open.

    `host`, `username` and `password` for HTTP(S); `url` and `private_key` for ssh.
    """

    host: str = ""
    """The submodule's server, without `https://`."""
    username: str = ""
    """The name to log in with there."""
    password: Secret | None = None
    """The password or token for it."""
    url: str = ""
    """The submodule's URL exactly as `.gitmodules` has it; it may be a relative one."""
    private_key: Secret | None = None
    """The private key that opens it."""
    private_key_passphrase: Secret | None = None
    """What unlocks the key, where it is locked."""

    @property
    def is_login(self) -> bool:
        """Whether it is a complete login for HTTP(S)."""
        return bool(self.host and self.username and self.password)


@dataclass(frozen=True, slots=True)
class HttpsTunnel:
    """An HTTPS proxy that ssh connections go through; without host and port there is none."""

    proxy_host: str = ""
    """The proxy's name or address."""
    proxy_port: str = ""
    """The port it listens on."""
    proxy_user: str = ""
    """The name to log in with, where the proxy wants one."""
    proxy_password: Secret | None = None
    """The password for it."""


@dataclass(frozen=True, slots=True)
class CommitFilter:
    """Which commits count, by their messages; each text is a basic regular expression, as for `--grep`."""

    include: tuple[str, ...] = ()
    """A message must match one of these; none means that every message will do."""
    include_all_match: bool = False
    """Whether a message must match all of `include`."""
    exclude: tuple[str, ...] = ()
    """A commit whose message matches one of these does not count."""
    exclude_all_match: bool = False
    """Whether only a message that matches all of `exclude` does not count."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which repository, how to reach it, and which of its commits count."""

    uri: str
    """The repository, as `git clone` takes it."""
    branch: str = ""
    """The branch to follow, else the repository's default branch; a put needs it or its own `branch`."""
    private_key: Secret | None = None
    """The private key for ssh."""
    private_key_user: str = ""
    """The user to log in as over ssh, where the uri names none."""
    private_key_passphrase: Secret | None = None
    """What unlocks `private_key`, where it is locked."""
    forward_agent: bool = False
    """Whether the server may use the key to connect further, through a jump host say."""
    username: str = ""
    """The name to log in with over HTTP(S)."""
    password: Secret | None = None
    """The password or token for it."""
    paths: tuple[str, ...] = ()
    """Only commits that change one of these count: paths and globs, git's pathspecs. None means any path."""
    sparse_paths: tuple[str, ...] = ()
    """What a get checks out, in the patterns of `.gitignore`. None, or `.`, means everything."""
    ignore_paths: tuple[str, ...] = ()
    """Commits that change nothing but these do not count."""
    skip_ssl_verification: bool = False
    """Whether any certificate of an HTTPS server will do."""
    tag_filter: str = ""
    """Only tags whose names match this glob count."""
    tag_regex: str = ""
    """Only tags whose whole names match this extended regular expression count, as with `grep -Ex`."""
    tag_behaviour: Literal["match_tagged", "match_tag_ancestors"] = "match_tagged"
    """Whether the versions are the matching tags, or all commits that a matching tag contains."""
    fetch_tags: bool | None = None
    """Whether a get fetches all tags, or none; where it is not said, those of the commits that it fetches."""
    submodule_credentials: tuple[SubmoduleCredential, ...] = ()
    """Further credentials, for submodules that lie elsewhere."""
    git_config: tuple[Setting, ...] = ()
    """Settings of git, as in the user's own `.gitconfig`; a get writes them to the repository too."""
    disable_ci_skip: bool = False
    """Whether commits with `[ci skip]` or `[skip ci]` in their messages count too."""
    commit_verification_keys: tuple[str, ...] = ()
    """Public GPG keys; a get fails where none of the keys has signed the commit."""
    commit_verification_key_ids: tuple[str, ...] = ()
    """The same, by the ids of keys on `gpg_keyserver`."""
    gpg_keyserver: str = KEYSERVER
    """Where keys are found by their ids."""
    git_crypt_key: Secret | None = None
    """The key, in Base64, that a get unlocks the repository with: `git-crypt export-key -- - | base64`."""
    https_tunnel: HttpsTunnel = HttpsTunnel()
    """An HTTPS proxy that ssh connections go through."""
    commit_filter: CommitFilter = CommitFilter()
    """Which commits count, by their messages."""
    version_depth: int = 1
    """How many versions a check gives where it starts anew; where tags count, how many it ever gives."""
    search_remote_refs: bool = False
    """Whether a get looks for its commit under all of the server's refs, as under Gerrit's `refs/changes`."""
    debug: bool = False
    """Whether git says what it does."""

    def __post_init__(self) -> None:
        for name in ("uri", "branch", "tag_filter", "tag_regex"):
            object.__setattr__(self, name, getattr(self, name).strip())
        if not self.uri:
            raise ValueError("source.uri is required and must not be empty")
        if self.tag_filter and self.tag_regex:
            raise ValueError("Cannot provide both tag_filter and tag_regex")
        if self.version_depth <= 0:
            raise ValueError(f"Invalid version_depth. Must be at least 1, got {self.version_depth}")

    @property
    def any_path(self) -> bool:
        """Whether commits count whatever they change."""
        return self.paths in {(), (".",)} and not self.ignore_paths

    @property
    def follows_tags(self) -> bool:
        """Whether tags decide what counts."""
        return bool(self.tag_filter or self.tag_regex)


@dataclass(frozen=True, slots=True)
class Version:
    """One commit."""

    ref: str
    """The commit's SHA; where `tag_filter` or `tag_regex` choose, the tag's name."""
    commit: str | None = None
    """The SHA of a tag's commit."""
    branch: str | None = None
    """The branch that a put with `branch` pushed to; a get clones this branch."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """How a get fetches."""

    depth: int = 0
    """How many commits of history to fetch; 0 means all. The clone is deepened until it holds the version."""
    fetch: tuple[str, ...] = ()
    """Further branches, made local branches."""
    fetch_tags: bool | None = None
    """Whether to fetch all tags, or none; counts before the source's `fetch_tags`."""
    submodules: Literal["all", "none"] | tuple[str, ...] = "all"
    """Which submodules to fetch: all, none, or those at these paths."""
    submodule_recursive: bool = True
    """Whether to fetch the submodules of submodules."""
    submodule_remote: bool = False
    """Whether to check out the tip of the branch that `.gitmodules` names, not the recorded commit."""
    disable_git_lfs: bool = False
    """Whether to leave files of Git LFS as pointers."""
    clean_tags: bool = False
    """Whether to delete all local tags at the end."""
    short_ref_format: str = "%s"
    """The printf format of `.git/short_ref`."""
    timestamp_format: str = "iso8601"
    """The format of `.git/commit_timestamp`, as `git log --date` takes it."""
    describe_ref_options: str = "--always --dirty --broken"
    """Options of the `git describe` that writes `.git/describe_ref`."""
    all_branches: bool = False
    """Whether to fetch all branches."""
    debug: bool = False
    """Whether git says what it does."""


@dataclass(frozen=True, slots=True)
class PutParams:
    """What a put pushes, and how."""

    repository: str
    """The folder that holds the repository to push."""
    rebase: bool = False
    """Whether to rebase onto what is new on the branch, and to try again, until the push is accepted."""
    rebase_strategy: str = ""
    """The merge strategy for it, as `git rebase --strategy` takes it."""
    rebase_strategy_option: str | tuple[str, ...] = ()
    """Options of the strategy: a list, or a text with spaces between them."""
    merge: bool = False
    """Whether to merge what is new on the branch, and to try again, until the push is accepted."""
    returning: Literal["merged", "unmerged"] = "merged"
    """Whether the version is the merge commit, or the commit from before the merge."""
    tag: str = ""
    """A file that holds the name of a tag for HEAD."""
    only_tag: bool = False
    """Whether to push tags alone."""
    tag_prefix: str = ""
    """What to put before the tag's name."""
    force: bool = False
    """Whether to push whatever the branch holds."""
    annotate: str = ""
    """A file that holds the tag's message, which makes it an annotated tag."""
    notes: str = ""
    """A file that holds a note for HEAD, pushed to `refs/notes/commits`."""
    branch: str = ""
    """The branch to push to, in place of the source's; it becomes part of the version."""
    refs_prefix: str = "refs/heads"
    """Where the branch lies on the server: `refs/for` with Gerrit."""
    push_options: tuple[str, ...] = ()
    """Texts for the server's hooks, as `git push --push-option` takes them."""
    debug: bool = False
    """Whether git says what it does."""
