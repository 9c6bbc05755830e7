"""What the s3 type is told: the keys of its source and params, and its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqnc_resources.keys import Secret
from sqnc_resources.s3.pattern import KeyPattern

Checksum = Literal["", "CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]


@dataclass(frozen=True, slots=True)
class Source:
    """Which bucket, which of its objects count, and how to reach them."""

    bucket: str
    """The bucket."""
    regexp: KeyPattern | None = None
    """The keys that count, as a regular expression for the whole of a key: `releases/app-(.*).tgz`. What is
    between slashes is matched folder by folder. Its first group, or the one that is named `version`, finds
    the version."""
    versioned_file: str = ""
    """The key of one object, in place of `regexp`, where the bucket keeps all versions of its objects."""
    initial_path: str = ""
    """With `regexp`: the key of a version that comes before all others, and that no object has to have."""
    initial_version: str = ""
    """With `versioned_file`: the id of a version that comes before all others, and that need not be there."""
    initial_content_text: str = ""
    """What a get of the initial version writes to the file, which is empty else."""
    initial_content_binary: str = ""
    """The same in Base64."""
    access_key_id: str = ""
    """The id of the access key. Without it, `aws_role_arn` and `enable_aws_creds_provider` nothing is signed,
    which is enough for buckets that anybody may read."""
    secret_access_key: Secret | None = None
    """The secret of the access key."""
    session_token: Secret | None = None
    """The token of temporary credentials."""
    aws_role_arn: str = ""
    """The role to take."""
    enable_aws_creds_provider: bool = False
    """Whether to look for credentials as AWS's own programs do: in the environment, in the files of a
    profile, and at the metadata services of ECS, EKS and EC2."""
    region_name: str = ""
    """The bucket's region, else `us-east-1`."""
    endpoint: str = ""
    """The URL, or the host, of another service with S3's protocol."""
    disable_ssl: bool = False
    """Whether to speak HTTP with an `endpoint` that is a host."""
    use_path_style: bool = False
    """Whether the bucket stands in the path of URLs, and not before the host; it does so anyway where the
    host is an address, or the bucket's name does not fit into a host's."""
    skip_ssl_verification: bool = False
    """Whether any certificate of the service will do."""
    ca_bundle: str = ""
    """Certificates of authorities in PEM, trusted besides the system's."""
    private: bool = False
    """Whether the file `url` holds a signed URL, which works for a day; metadata has none then."""
    skip_download: bool = False
    """Whether a get writes all files but the object."""
    server_side_encryption: str = ""
    """How a put has objects encrypted: `AES256`, `aws:kms`, `aws:kms:dsse`."""
    sse_kms_key_id: str = ""
    """The key of KMS for it."""
    disable_multipart: bool = False
    """Whether to send a file of any size in one piece; S3 takes 5 GB so."""
    skip_s3_checksums: bool = False
    """Whether to send and check no checksums but those that the service demands."""
    checksum_algorithm: Checksum = ""
    """The checksum that goes with what is sent, `CRC32` where nothing is said. `CRC32C` and `CRC64NVME` take
    a second for 10 MB."""
    use_v2_signing: bool = False
    """Not supported: signatures have version 4."""
    cloudfront_url: str = ""
    """Read, and not needed: give the `endpoint`."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, in the words that Concourse's s3 resource has for it."""
        for wrong, words in self._contradictions():
            if wrong:
                raise ValueError(words)
        if self.initial_path and self.regexp is not None and self.regexp.version(self.initial_path) is None:
            raise ValueError(f"initial_path: expected a key that regexp matches, got `{self.initial_path}`")

    @property
    def region(self) -> str:
        """The region, also where none is given."""
        return self.region_name or "us-east-1"

    def _contradictions(self) -> tuple[tuple[object, str], ...]:
        """What is wrong, and what to say of it."""
        pattern, file = self.regexp is not None, self.versioned_file
        text, binary = self.initial_content_text, self.initial_content_binary
        initial = self.initial_version or self.initial_path
        return (
            (pattern == bool(file), "please specify either regexp or versioned_file"),
            (pattern and self.initial_version, "please use initial_path when regexp is set"),
            (file and self.initial_path, "please use initial_version when versioned_file is set"),
            (self.skip_ssl_verification and self.ca_bundle,
             "please do not use ca_bundle when skip_ssl_verification is set"),
            (text and binary, "please use initial_content_text or initial_content_binary but not both"),
            ((text or binary) and not initial,
             "please specify initial_version or initial_path if initial content is set"),
            (self.checksum_algorithm and self.skip_s3_checksums,
             "checksum_algorithm cannot be used when skip_s3_checksums is true"),
            (self.use_v2_signing, "use_v2_signing is not supported: signatures have version 4"),
            (not self.bucket or set(self.bucket) & set("/:?#@"), "bucket: expected the name of a bucket"),
            (bool(self.access_key_id) != bool(self.secret_access_key),
             "please specify access_key_id and secret_access_key, or none of them"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """An object, or a version of the one object."""

    path: str | None = None
    """With `regexp`: the object's key."""
    version_id: str | None = None
    """With `versioned_file`: the id of the version."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """What to write."""

    skip_download: bool | None = None
    """Whether to write all files but the object; counts before the source's."""
    unpack: bool = False
    """Whether to unpack the object, an archive, in place of writing it."""
    download_tags: bool = False
    """Whether to write the object's tags to `tags.json`."""


@dataclass(frozen=True, slots=True)
class PutParams:
    """What to send."""

    file: str = ""
    """The file, by a pattern that must match exactly one."""
    acl: str = ""
    """A canned ACL for the object, such as `public-read`."""
    content_type: str = "application/octet-stream"
    """The object's media type."""
    from_: str = ""
    """An older way to say `file`: a regular expression that one file's path must match."""
    to: str = ""
    """With `from`: the object's key, in which `$1` stands for what the first group matches, or the folder for
    it, which ends with `/`. It counts where the source has no `versioned_file`."""

    def __post_init__(self) -> None:
        if self.file and self.from_:
            raise ValueError("contains both file and from")
        if not self.file and not self.from_:
            raise ValueError("file: expected a pattern for the file to send, and it is missing")
