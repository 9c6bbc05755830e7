"""Credentials in files: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html."""

from __future__ import annotations

import os
from collections.abc import Mapping
from configparser import Error, RawConfigParser
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.s3.signature import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

_SOURCES: Final = ("Environment", "EcsContainer", "Ec2InstanceMetadata")
Profiles = Mapping[str, Mapping[str, str]]


def find(region: str) -> Credentials | None:
    """Those of the profile that AWS_PROFILE names, else of `default`; None where there is none."""
    name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE", "")
    profiles = _read()
    if name and name not in profiles:
        raise ResourceError(f"AWS_PROFILE: {name}: there is no such profile; there are {', '.join(profiles)}")
    return _of(name or "default", profiles, region, ())


def _of(name: str, profiles: Profiles, region: str, seen: tuple[str, ...]) -> Credentials | None:
    """*seen* are the profiles that lead to this one, by their `source_profile`."""
    profile = profiles.get(name, {})
    # a profile may give itself the keys for its role
    if "role_arn" in profile and name not in seen:
        return _of_role(name, profiles, region, seen)
    if name in seen and "aws_access_key_id" not in profile:
        raise ResourceError(f"profile {name}: source_profile leads back to it")
    if profile.get("aws_access_key_id") and profile.get("aws_secret_access_key"):
        token = profile.get("aws_session_token", "")
        return Credentials(
            profile["aws_access_key_id"],
            Secret(profile["aws_secret_access_key"]),
            Secret(token) if token else None,
        )
    if "credential_process" in profile:
        return _of_process(name, profile["credential_process"])
    if any(key.startswith("sso_") for key in profile):
        raise ResourceError(f"profile {name}: credentials of IAM Identity Center (sso_*) are not supported")
    return None


def _of_role(name: str, profiles: Profiles, region: str, seen: tuple[str, ...]) -> Credentials:
    from sqnc_resources.s3.roles import assume, assume_with_web_identity  # noqa: PLC0415  (few have a role)

    profile = profiles[name]
    role, region = profile["role_arn"], profile.get("region", region)
    if "web_identity_token_file" in profile:
        return assume_with_web_identity(role, profile["web_identity_token_file"], region)
    more = {
        word: profile[key]
        for key, word in (("external_id", "ExternalId"), ("role_session_name", "RoleSessionName"))
        if key in profile
    }

    def own() -> Credentials:
        if "source_profile" in profile:
            found = _of(profile["source_profile"], profiles, region, (*seen, name))
        else:
            found = _source(name, profile.get("credential_source", ""))()
        if found is None:
            raise ResourceError(f"profile {name}: no credentials to take the role {role} with")
        return found

    return assume(role, own, region, **more)


def _source(name: str, source: str) -> Callable[[], Credentials | None]:
    from sqnc_resources.s3 import environment, metadata  # noqa: PLC0415  (few have a role)

    places = (environment.find, metadata.from_container, metadata.from_machine)
    found = dict(zip(_SOURCES, places, strict=True)).get(source)
    if found is None:
        raise ResourceError(
            f"profile {name}: role_arn: expected source_profile, or a credential_source that is one of "
            f"{', '.join(_SOURCES)}, got `{source}`"
        )
    return found


def _of_process(name: str, command: str) -> Credentials:
    """What the command of the user's file prints: the process is theirs, as with AWS's own programs."""
    import json  # noqa: PLC0415  (few have a process)
    import shlex  # noqa: PLC0415  (as above)
    import subprocess  # noqa: PLC0415  (as above)

    from sqnc_resources.s3.metadata import credentials_in  # noqa: PLC0415  (as above)

    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, check=True)
        return credentials_in(json.loads(done.stdout))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise ResourceError(f"profile {name}: credential_process: {error}") from error


def _read() -> Profiles:
    """The profiles of both files; what the one for credentials says of a profile counts."""
    home = os.environ.get("HOME", "/")
    found: dict[str, dict[str, str]] = {}
    for variable, usual in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        path = os.path.expanduser(os.environ.get(variable) or f"{home}/.aws/{usual}")
        for section, values in _sections(path).items():
            name = section.removeprefix("profile ").strip() if usual == "config" else section
            found.setdefault(name, {}).update(values)
    return found


def _sections(path: str) -> Profiles:
    parser = RawConfigParser()
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, Error) as error:
        raise ResourceError(f"{path}: expected sections as AWS's programs write them: {error}") from error
    return {section: dict(parser[section]) for section in parser.sections()}
