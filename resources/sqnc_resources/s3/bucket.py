"""One bucket: what is asked of it, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.answers import children, code, text, tree
from sqnc_resources.s3.place import Place, place_of
from sqnc_resources.s3.signature import Scope, Signer
from sqnc_resources.web import Client, Settings, StatusError

if TYPE_CHECKING:
    from sqnc_resources.s3.values import Source
    from sqnc_resources.web import FilePart, Reply

_DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what is below a prefix: objects, and what looks like folders."""

    keys: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Every method raises WebError where the service refuses."""

    source: Source
    place: Place
    signer: Signer | None
    client: Client

    def pages(self, prefix: str, *, deep: bool = False) -> Iterator[Page]:
        """The objects right below *prefix*, and the folders; *deep*: all objects, and no folders."""
        query = {"list_type": "2", "prefix": prefix} | ({} if deep else {"delimiter": "/"})
        while True:
            found = tree(self.send("GET", self.place.url(**query)))
            yield Page(
                tuple(text(one, "Key") for one in children(found, "Contents")),
                tuple(text(one, "Prefix") for one in children(found, "CommonPrefixes")),
            )
            following = text(found, "NextContinuationToken")
            if text(found, "IsTruncated") != "true" or not following:
                return
            query["continuation_token"] = following

    def version_ids(self, key: str) -> Iterator[str]:
        """The ids of the versions of one object, the newest first; what was deleted has none."""
        query = {"prefix": key}
        while True:
            # `versions` has no value, and stands before what has one
            found = tree(self.send("GET", self.place.url(versions="", **query)))
            for one in children(found, "Version", "DeleteMarker"):
                if text(one, "Key") != key:  # all further keys come after it
                    return
                if one.tag.endswith("Version"):
                    yield text(one, "VersionId")
            if text(found, "IsTruncated") != "true":
                return
            query["key_marker"] = text(found, "NextKeyMarker")
            query["version_id_marker"] = text(found, "NextVersionIdMarker")

    def is_versioned(self) -> bool:
        """Whether the bucket keeps the versions of its objects."""
        return text(tree(self.send("GET", self.place.url(versioning=""))), "Status") == "Enabled"

    def tags(self, key: str, version_id: str) -> dict[str, str]:
        """The tags of an object."""
        found = tree(self.send("GET", self.place.url(key, tagging="", **_version(version_id))))
        return {
            text(tag, "Key"): text(tag, "Value")
            for tags in children(found, "TagSet")
            for tag in children(tags, "Tag")
        }

    def url(self, key: str, version_id: str = "") -> str:
        """The object's URL for others, signed where the source says that it is private."""
        if not self.source.private:
            return self.place.public_url(key, version_id)
        if self.signer is None:
            raise ResourceError("source.private: a URL is signed, and there are no credentials for that")
        url = self.place.url(key, **({"versionId": version_id} if version_id else {}))
        return self.signer.presigned(url, _DAY_S)

    def object_url(self, key: str, version_id: str = "") -> str:
        """The object's URL for requests of our own."""
        return self.place.url(key, **_version(version_id))

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | FilePart | None = None,
        *,
        idempotent: bool | None = None,
    ) -> Reply:
        try:
            return self.client.request(method, url, headers=headers, body=body, idempotent=idempotent)
        except StatusError as error:
            explain(error, self.source)
            raise


def open_bucket(source: Source) -> Bucket:
    """Reach nothing yet; raise ResourceError for what can be no service."""
    place = place_of(source)
    settings = Settings(
        ca_certs=(source.ca_bundle,) if source.ca_bundle else (), insecure=source.skip_ssl_verification
    )
    signer = _signer(source)
    return Bucket(source, place, signer, Client(settings, authorizer=signer))


def explain(error: StatusError, source: Source) -> None:
    """Let *error* say what to do, where S3's answer tells."""
    region = error.headers.get("x-amz-bucket-region", "")
    hint = ""
    if region and region != source.region:
        hint = f"the bucket is in {region}: expected this as source.region_name, not {source.region}"
    elif code(error) == "RequestTimeTooSkewed":
        hint = "the clock of this machine is wrong"
    elif error.status in {401, 403} and not source.access_key_id:
        hint = "source.access_key_id is not given"
    if hint:
        error.args = (f"{error}; {hint}",)


def _version(version_id: str) -> dict[str, str]:
    return {"versionId": version_id} if version_id else {}


def _signer(source: Source) -> Signer | None:
    """None where nothing is to be signed: anybody may read the bucket."""
    scope = Scope(source.region)
    if source.access_key_id and source.secret_access_key and not source.aws_role_arn:
        from sqnc_resources.s3.signature import Credentials  # noqa: PLC0415  (as below)

        found = Credentials(source.access_key_id, source.secret_access_key, source.session_token)
        return Signer(lambda: found, scope)
    if not source.aws_role_arn and not source.enable_aws_creds_provider:
        return None
    from sqnc_resources.s3.credentials import credentials_of  # noqa: PLC0415  (many sources have keys)

    return Signer(credentials_of(source), scope)
