"""What the pool type is told: the keys of its source and params, and its version."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqnc_resources import git
from sqnc_resources.durations import SECOND, Duration
from sqnc_resources.git.values import HttpsTunnel, Setting
from sqnc_resources.keys import Secret
from sqnc_resources.shared.files import is_path, normal

_RETRY_DELAY = Duration(10 * SECOND)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the pool is, and how to reach it."""

    uri: str
    """The repository, as `git clone` takes it."""
    branch: str
    """The branch that holds the pool."""
    pool: str
    """The pool's folder: `aws`, `clouds/aws`, or `.` for a repository that is one pool."""
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
    skip_ssl_verification: bool = False
    """Whether any certificate of an HTTPS server will do."""
    git_config: tuple[Setting, ...] = ()
    """Settings of git; `user.name` and `user.email` say who makes the commits."""
    https_tunnel: HttpsTunnel = HttpsTunnel()  # noqa: RUF009  (it is frozen)
    """An HTTPS proxy that ssh connections go through."""
    retry_delay: Duration = _RETRY_DELAY
    """How long to wait before a lock is looked for again: `60s`, `90m`, `1h`; for 0 the default counts."""

    def __post_init__(self) -> None:
        for name in ("uri", "branch", "pool"):
            if not getattr(self, name).strip():
                raise ValueError(f"source.{name} is required and must not be empty")
        if self.retry_delay < 0:
            raise ValueError("source.retry_delay: expected a time that is not negative")
        if self.folder and not is_path(self.folder):
            raise ValueError(f"source.pool: `{self.pool}`: expected a folder of the repository")

    @property
    def folder(self) -> str:
        """The pool's folder in one way of writing; '' is the repository's own."""
        return normal(self.pool)

    @property
    def poll_s(self) -> float:
        """How many seconds to wait between two looks."""
        return (self.retry_delay or _RETRY_DELAY).seconds

    @property
    def repository(self) -> git.Source:
        """The git type's source for the commits that change the pool."""
        names = {field.name for field in fields(git.Source)}
        shared = {field.name: getattr(self, field.name) for field in fields(self) if field.name in names}
        path = f":(literal){self.folder}" if self.folder else "."
        return git.Source(**shared, paths=(path,), disable_ci_skip=True)


@dataclass(frozen=True, slots=True)
class Version:
    """One commit that changed the pool."""

    ref: str
    """The commit's SHA."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """How a get fetches."""

    depth: int = 0
    """How many commits of history to fetch; 0 means all."""
