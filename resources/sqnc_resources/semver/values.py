"""What the semver type is told: the keys of its source and params, and its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqnc_resources.keys import Secret
from sqnc_resources.semver.number import Number, check_labels
from sqnc_resources.shared.files import is_path, normal

_REQUIRED: Final = {"git": ("uri", "branch", "file"), "s3": ("bucket", "key")}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the number is kept. Each driver has keys of its own."""

    driver: Literal["git", "s3", "gcs", "swift"] = "s3"
    """Where the number is kept: `git` in a file of a repository, `s3` in an object of a bucket."""
    initial_version: Number = Number()  # noqa: RUF009  (it is frozen)
    """The number before there is one."""
    uri: str = ""
    """git, required: the repository, as `git clone` takes it."""
    branch: str = ""
    """git, required: the branch that holds the file."""
    file: str = ""
    """git, required: the file."""
    private_key: Secret | None = None
    """git: the private key for ssh."""
    private_key_passphrase: Secret | None = None
    """git: what unlocks `private_key`, where it is locked."""
    username: str = ""
    """git: the name to log in with over HTTP(S)."""
    password: Secret | None = None
    """git: the password or token for it."""
    git_user: str = ""
    """git: who makes the commits: `Ann Example <ann@example.com>`, or an address alone."""
    commit_message: str = ""
    """git: the message of each commit, in which `%version%` and `%file%` stand for these."""
    skip_ssl_verification: bool = False
    """git and s3: whether any certificate of the server will do."""
    bucket: str = ""
    """s3, required: the bucket."""
    key: str = ""
    """s3, required: the key of the object."""
    access_key_id: str = ""
    """s3: the id of the access key; where it is not given, it is looked for as AWS's own programs do."""
    secret_access_key: Secret | None = None
    """s3: the secret of the access key."""
    session_token: Secret | None = None
    """s3: the token of temporary credentials."""
    assume_role_arn: str = ""
    """s3: the role to take."""
    region_name: str = ""
    """s3: the bucket's region; `us-east-1` where it is not given."""
    endpoint: str = ""
    """s3: the URL or the host of another service with S3's protocol."""
    disable_ssl: bool = False
    """s3: whether to speak HTTP with an `endpoint` that is a host."""
    server_side_encryption: str = ""
    """s3: how the object is encrypted: `AES256`, `aws:kms`, `aws:kms:dsse`."""
    skip_s3_checksums: bool = False
    """s3: whether to send and check no checksums but those that the service demands."""
    checksum_algorithm: Literal["", "CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"] = ""
    """s3: the checksum that goes with the object."""
    json_key: Secret | None = None
    """gcs: not supported."""
    token: Secret | None = None
    """gcs: not supported."""
    openstack: Mapping[str, object] | None = None
    """swift: not supported."""

    def __post_init__(self) -> None:
        if self.driver not in _REQUIRED:
            raise ValueError(f"source.driver: {self.driver} is not supported: expected git or s3")
        for name in _REQUIRED[self.driver]:
            if not getattr(self, name):
                raise ValueError(f"source.{name}: the {self.driver} driver needs it")
        if self.driver == "git" and not is_path(self.path):
            raise ValueError(f"source.file: `{self.file}`: expected a file of the repository")

    @property
    def path(self) -> str:
        """git: the file's path in one way of writing."""
        return normal(self.file)


@dataclass(frozen=True, slots=True)
class Version:
    """One number."""

    number: Number
    """The number: `1.2.3`."""


@dataclass(frozen=True, slots=True)
class BumpParams:
    """How to bump."""

    bump: Literal["major", "minor", "patch", "final", ""] = ""
    """What to count up, or `final` to end a pre-release."""
    pre: str = ""
    """The name of a pre-release: `rc` gives `1.2.3-rc.1`, then `1.2.3-rc.2`."""
    pre_without_version: bool = False
    """Whether a pre-release has no number of its own: `1.2.3-rc`."""
    build: str = ""
    """The name of a build: `linux` gives `1.2.3+linux.1`, then `1.2.3+linux.2`."""
    build_without_version: bool = False
    """Whether a build has no number of its own: `1.2.3+linux`."""

    def __post_init__(self) -> None:
        check_labels(self.pre, self.build)


@dataclass(frozen=True, slots=True)
class GetParams(BumpParams):
    """How to bump the number that is written to the files; what is kept stays as it is."""


@dataclass(frozen=True, slots=True)
class PutParams(BumpParams):
    """What to do: set the number to that of a `file`, bump it, or `get_latest`."""

    file: str = ""
    """A file that holds the new number."""
    get_latest: bool = False
    """Whether to change nothing, and answer with the number that is there: a check for who makes none."""

    def __post_init__(self) -> None:
        BumpParams.__post_init__(self)  # not super(): a class with slots is not the one that was written
        if not (self.get_latest or self.file or self.bump or self.pre or self.build):
            raise ValueError("no version bump specified: expected one of bump, pre, build, file, get_latest")
