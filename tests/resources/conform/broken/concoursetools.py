"""What ConcourseTools 0.8.1 does wrong, each as a small type that does nothing else wrong.

The kit names the rule; KNOWN says which.
"""

# ruff: noqa: PTH110  (each is started some sixty times, and pathlib takes 7 ms)
from __future__ import annotations

import os
import subprocess
import sys
import traceback

from sound import RefusedError, Sound

KNOWN = {
    "AddedKeyIsRequired": {"older-versions-are-read"},
    "BuildIdIsRequired": {"works-without-build-variables"},
    "ChildrenOutliveSigterm": {"ends-on-sigterm"},
    "CreatedByIsNotFilledIn": {"build-variables-are-filled-in"},
    "GivesUnknownVersionBack": {"unknown-version-forgotten"},
    "LocalTime": {"same-in-every-time-zone"},
    "NoneIsWritten": {"own-version-is-read"},
    "NullIsNoObject": {"null-is-absent"},
    "OneOffBuildsDropVariables": {"works-in-one-off-builds"},
    "OnlyNewerVersions": {"current-version-included"},
    "SecretsAreNotMasked": {"secrets-not-in-standard-error"},
    "SecretsInMetadata": {"secrets-not-in-answers"},
    "SubSecondsAreLost": {"no-version-doubled"},
    "SubprocessPrints": {"one-json-value"},
    "TypesAreUnchecked": {"value-types-are-checked"},
    "UnknownKeyIsATraceback": {"refusals-are-readable"},
    "UrlIsNotFilledIn": {"build-variables-are-filled-in"},
}


class SubprocessPrints(Sound):
    """Defect 1: only what Python prints is kept off standard output."""

    def answer(self, value):
        subprocess.run(["/bin/echo", "noise"], check=True)
        super().answer(value)


class NullIsNoObject(Sound):
    """Defect 2: `"version": null` is an AttributeError."""

    def part(self, request, name, known):
        if request.get(name, {}) is None:
            raise RefusedError("AttributeError: 'NoneType' object has no attribute 'items'")
        return super().part(request, name, known)


class BuildIdIsRequired(Sound):
    """Defect 3: in and out read BUILD_ID, which is not there by hand."""

    def act(self, arguments):
        if self.role != "check" and "BUILD_ID" not in os.environ:
            raise RefusedError("KeyError: 'BUILD_ID'")
        super().act(arguments)


class UnknownKeyIsATraceback(Sound):
    """Defect 4: an unknown key is a TypeError of the constructor."""

    def part(self, request, name, known):
        try:
            return super().part(request, name, known)
        except RefusedError:
            traceback.print_exc()
            raise


class TypesAreUnchecked(Sound):
    """Defect 4: `uri: [list]` is taken."""

    def part(self, request, name, known):
        values = request.get(name)
        if isinstance(values, dict):
            known_values = {key: known[key](str(value) or 0) for key, value in values.items() if key in known}
            request = {name: {**values, **known_values}}
        return super().part(request, name, known)

    def lines(self):
        file = self.source["file"]
        self.source["file"] = file if os.path.exists(file) else os.environ["CONFORM_FILE"]
        return super().lines()


class CreatedByIsNotFilledIn(Sound):
    """Defect 5: the name is looked up with its dollar sign, so that it is never found."""

    def filled(self, text):
        return super().filled(text.replace("$BUILD_CREATED_BY", "$\0")).replace("$\0", "$BUILD_CREATED_BY")


class NoneIsWritten(Sound):
    """Defect 6: an optional field without a value is written as `None`, and cannot be read back."""

    def written(self, moment):
        return {**super().written(moment), "extra": "None"}

    def check(self, since):
        if since is not None and since.get("extra") == "None":
            raise RefusedError("AttributeError: mro")
        return super().check(since)


class AddedKeyIsRequired(Sound):
    """Defect 6: a version from before a key was added is a KeyError."""

    def written(self, moment):
        return {**super().written(moment), "line": "1"}

    def read(self, request):
        super().read(request)
        if self.version and "line" not in self.version:
            raise RefusedError("KeyError: 'line'")


class SubSecondsAreLost(Sound):
    """Defect 7: two moments of one second become one version."""

    def written(self, moment):
        return super().written(moment.replace(microsecond=0))


class LocalTime(Sound):
    """Defect 7: a version is written in the time zone of the worker."""

    def written(self, moment):
        return {"time": moment.astimezone().replace(tzinfo=None).isoformat()}

    def find(self, version, versions):
        return super().find({"time": version["time"].removesuffix("+00:00")}, versions)


class OnlyNewerVersions(Sound):
    """Defect 8: the version that was given is left out."""

    def check(self, since):
        found = super().check(since)
        return found[1:] if found[:1] == [since] else found


class GivesUnknownVersionBack(Sound):
    """Defect 8: a version that does not exist is given back."""

    def check(self, since):
        is_known = since is None or self.find(since, self.versions()) is not None
        return super().check(since) if is_known else [since]


class OneOffBuildsDropVariables(Sound):
    """Defect 9: in a one-off build the variables that were set besides are dropped."""

    def act(self, arguments):
        env = os.environ
        if "BUILD_JOB_NAME" not in env:
            env = {name: value for name, value in env.items() if name.startswith("BUILD_")}
        if "CONFORM_FILE" not in env and "BUILD_ID" in env:
            raise RefusedError("KeyError: 'CONFORM_FILE'")
        super().act(arguments)


class UrlIsNotFilledIn(Sound):
    """Defect 10: BUILD_URL is not known."""

    def filled(self, text):
        return super().filled(text.replace("$BUILD_URL", "$\0")).replace("$\0", "$BUILD_URL")


class ChildrenOutliveSigterm(Sound):
    """Defect 10: SIGTERM ends the type, and nothing that it started."""

    def stop(self, number, frame):
        os._exit(128 + number)


class SecretsAreNotMasked(Sound):
    """Defect 10: a traceback shows the source."""

    def read(self, request):
        try:
            super().read(request)
        except RefusedError:
            print(f"in __init__(**{request.get('source')})", file=sys.stderr)
            raise


class SecretsInMetadata(Sound):
    """Defect 10: an address with a login becomes metadata."""

    def entries(self, metadata):
        url = f"https://user:{self.source['token']}@example.com/"
        return [*super().entries(metadata), {"name": "url", "value": url}]
