"""Where the number is kept: a file that many writers share, in a git repository or in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqnc_resources import s3
    from sqnc_resources.semver.number import Number
    from sqnc_resources.semver.values import Source
    from sqnc_resources.shared.files import SharedFiles
    from sqnc_resources.shared.git import GitFiles


def path(source: Source) -> str:
    """The path of the file; that of an object is ours to choose, since its key may be no path."""
    return source.path if source.driver == "git" else "number"


def place(source: Source) -> str:
    """What messages call the file."""
    return source.path if source.driver == "git" else f"s3://{source.bucket}/{source.key}"


def content(source: Source, number: Number) -> bytes:
    """What the file holds: a line in a repository, and the bare number in a bucket, as upstream has it."""
    return f"{number}\n".encode() if source.driver == "git" else str(number).encode()


def open_files(source: Source) -> AbstractContextManager[SharedFiles[Any]]:
    """Reach the files; raise ResourceError."""
    return _git(source) if source.driver == "git" else _s3(source)


def history(source: Source, files: SharedFiles[Any]) -> Iterator[bytes]:
    """What the file held, now and before, the newest first; nothing where the driver does not know."""
    if source.driver != "git":
        return iter(())
    return cast("GitFiles", files).history(path(source))


def _git(source: Source) -> AbstractContextManager[SharedFiles[Any]]:
    from sqnc_resources import git  # noqa: PLC0415  (s3 needs none of it)
    from sqnc_resources.shared.git import git_files  # noqa: PLC0415  (as above)

    repository = git.Source(
        source.uri,
        source.branch,
        private_key=source.private_key,
        private_key_passphrase=source.private_key_passphrase,
        username=source.username,
        password=source.password,
        skip_ssl_verification=source.skip_ssl_verification,
    )
    return git_files(repository, author=source.git_user)


def _s3(source: Source) -> AbstractContextManager[SharedFiles[Any]]:
    from sqnc_resources.shared.s3 import s3_file  # noqa: PLC0415  (git needs none of it)

    try:
        bucket = _bucket(source)
    except ValueError as error:
        raise ResourceError(f"source: {error}") from error
    return s3_file(bucket, source.key, path(source))


def _bucket(source: Source) -> s3.Source:
    """Raise ValueError for what contradicts itself."""
    from sqnc_resources import s3  # noqa: PLC0415  (git needs none of it)

    return s3.Source(
        source.bucket,
        versioned_file=source.key,
        access_key_id=source.access_key_id,
        secret_access_key=source.secret_access_key,
        session_token=source.session_token,
        aws_role_arn=source.assume_role_arn,
        enable_aws_creds_provider=True,
        region_name=source.region_name,
        endpoint=source.endpoint,
        disable_ssl=source.disable_ssl,
        use_path_style=True,
        skip_ssl_verification=source.skip_ssl_verification,
        server_side_encryption=source.server_side_encryption,
        skip_s3_checksums=source.skip_s3_checksums,
        checksum_algorithm="" if source.skip_s3_checksums else source.checksum_algorithm,
    )
