"""What the registry-image type is told: the keys of its source and params, and its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

from sqnc_resources.go_regexp import compiled
from sqnc_resources.keys import Secret
from sqnc_resources.ordering import Constraints
from sqnc_resources.registry_image.names import Registry, Repository


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression that finds itself anywhere in a text."""

    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what is no regular expression of Go's."""
        return cls(compiled(text))

    def matches(self, text: str) -> bool:
        return self.pattern.search(text) is not None

    def __bool__(self) -> bool:
        """An empty one is none."""
        return bool(self.pattern.pattern)

    def __str__(self) -> str:
        return self.pattern.pattern


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image is built for."""

    architecture: str = ""
    """`amd64`, `arm64`, `arm/v7`; else this machine's."""
    os: str = ""
    """`linux`, `windows`; else this machine's."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A registry that has copies of Docker Hub's images."""

    host: Registry
    """Where it is: a host, with a port where it needs one."""
    username: str = ""
    """The user there."""
    password: Secret | None = None
    """The user's password."""


@dataclass(frozen=True, slots=True)
class ContentTrust:
    """How images would be signed for Notary."""

    server: str = ""
    """The address of the Notary server."""
    repository_key_id: str = ""
    """The key's number."""
    repository_key: Secret | None = None
    """The key."""
    repository_passphrase: Secret | None = None
    """The key's passphrase."""
    tls_key: Secret | None = None
    """A private key for the server."""
    tls_cert: str = ""
    """Its certificate."""
    username: str = ""
    """The user there."""
    password: Secret | None = None
    """The user's password."""
    scopes: str = ""
    """What the user may do there."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which repository, and which of its tags count."""

    repository: Repository
    """The repository: `alpine`, `ghcr.io/owner/image`, `localhost:5000/image`; Docker Hub's where it names no
    registry."""
    insecure: bool = False
    """Whether the registry may speak plain HTTP, and any certificate of it will do."""
    tag: str | None = None
    """The one tag to watch: its digests are the versions. It is also what a put pushes to."""
    tag_regex: Expression | None = None
    """Which tags count, by a regular expression, in the registry's order; nothing is done with their version
    numbers then."""
    created_at_sort: bool = False
    """Whether tags that match `tag_regex` are ordered by the time at which their images were made."""
    variant: str = ""
    """The suffix of the tags that count, such as `alpine` for `1.2.3-alpine`; a put adds it to `version`."""
    semver_constraint: Constraints | None = None
    """Which versions count: `~1.2.x`, `>= 1.2, < 3.0.0 || >= 4.2.3`."""
    pre_releases: bool = False
    """Whether pre-releases count, which begin with `alpha`, `beta` or `rc`; all others are variants."""
    pre_release_prefixes: tuple[str, ...] = ()
    """With what pre-releases may begin besides."""
    username: str = ""
    """The user to log in as."""
    password: Secret | None = None
    """The user's password or token."""
    platform: Platform | None = None
    """Which image to take of those that a tag has for several platforms; this machine's is the default."""
    label_regex: Expression | None = None
    """Which labels a get shows in its metadata, by their names."""
    annotation_regex: Expression | None = None
    """Which annotations of the manifest a get shows in its metadata, by their names."""
    registry_mirror: Mirror | None = None
    """A mirror to ask before Docker Hub, where `repository` names no other registry."""
    ca_certs: tuple[str, ...] = ()
    """Certificates in PEM of authorities to trust besides the system's."""
    debug: bool = False
    """Whether to tell of each file that is unpacked."""
    content_trust: ContentTrust | None = None
    """Signatures of Notary: read, and a put refuses to do without them."""
    aws_access_key_id: str = ""
    """Logins to Amazon ECR: this key and the others of `aws_` are read and refused. `username: AWS` does with
    the password that `aws ecr get-login-password` prints."""
    aws_secret_access_key: Secret | None = None
    """Refused."""
    aws_session_token: Secret | None = None
    """Refused."""
    aws_region: str = ""
    """Refused."""
    aws_role_arn: str = ""
    """Refused."""
    aws_role_arns: tuple[str, ...] = ()
    """Refused."""
    aws_account_id: str = ""
    """Refused."""
    aws_ecr_registry_id: str = ""
    """Refused."""
    azure_acr: bool = False
    """Logins to Azure's registries by a managed identity: this key and the others of `azure_` are read and
    refused. A user and a password of the registry do."""
    azure_client_id: str = ""
    """Refused."""
    azure_tenant_id: str = ""
    """Refused."""
    azure_environment: str = ""
    """Refused."""


@dataclass(frozen=True, slots=True)
class Version:
    """An image; a version written by hand may be `{digest: sha256:…}` alone."""

    digest: str
    """The digest of its manifest, or of the index of its platforms."""
    tag: str | None = None
    """The tag that it was found by."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """How to fetch it."""

    format: Literal["rootfs", "oci", "oci-layout"] = "rootfs"
    """What to make of it: a file system, an `image.tar` for `docker load`, or an OCI image layout with the
    images of all platforms."""
    platform: Platform | None = None
    """Which image to take, in place of the source's `platform`."""
    skip_download: bool = False
    """Whether to look only whether it is there."""


@dataclass(frozen=True, slots=True)
class PutParams:
    """What to push, and as what."""

    image: str
    """The image among the inputs, a pattern that matches exactly one: a tar archive as `docker save` and OCI
    builders write it, or the folder of an OCI image layout."""
    version: str = ""
    """A version number to push it as: `1.2.3`."""
    bump_aliases: bool = False
    """Whether to push it also as `1.2`, `1` and `latest` (with a variant: `1.2-variant`, `1-variant` and
    `variant`), each where no newer version is there."""
    additional_tags: str = ""
    """A file that holds further tags, with white space between them."""
    tag_prefix: str = ""
    """What to put before each of these, such as `v`."""
