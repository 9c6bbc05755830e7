"""Other ways to be wrong, so that every rule is known to be able to fail; KNOWN says which rule it is."""

# ruff: noqa: PTH108  (each is started some sixty times, and pathlib takes 7 ms)
from __future__ import annotations

import json
import os
import random

from sound import RefusedError, Sound

KNOWN = {
    "NoIn": "check-and-in-are-there",
    "CheckFails": "check-answers",
    "GetFails": "get-answers",
    "PutFails": "put-answers",
    "AnswersWithAnObject": "check-lists-versions",
    "NumbersInVersions": "version-is-strings",
    "EmptyVersion": "version-not-empty",
    "MetadataIsAnObject": "metadata-is-names-and-values",
    "FailureLooksLikeSuccess": "failure-is-told",
    "WholeHistoryAtFirst": "first-check-is-newest",
    "OnlyTheNewest": "no-version-lost",
    "NewestFirst": "oldest-first",
    "RandomKey": "check-is-repeatable",
    "IgnoresUnknownSourceKeys": "unknown-source-keys-refused",
    "IgnoresUnknownParams": "unknown-params-refused",
    "FloatsForIntegers": "big-integers-kept",
    "AnswersWithTheNewest": "get-answers-with-its-version",
    "RandomFile": "get-is-repeatable",
    "BuildInAFile": "get-ignores-the-build",
    "GetsWhatIsGone": "gone-version-is-refused",
    "PutInventsAVersion": "put-version-can-be-fetched",
    "WritesWhereItIs": "working-directory-is-not-used",
    "NeedsHome": "works-without-home",
    "NeedsPath": "works-without-path",
    "WritesBesideItself": "works-read-only",
    "NeedsRoot": "works-as-any-user",
    "SecretInAFile": "secrets-not-in-files",
}


class NoIn(Sound):
    """The tests give it no program of that name."""


class CheckFails(Sound):
    def check(self, since):
        raise RefusedError("no")


class GetFails(Sound):
    def get(self, folder):
        raise RefusedError("no")


class PutFails(Sound):
    def put(self, folder):
        raise RefusedError("no")


class AnswersWithAnObject(Sound):
    def answer(self, value):
        super().answer({"versions": value} if self.role == "check" else value)


class NumbersInVersions(Sound):
    def answer(self, value):
        super().answer([{**version, "line": 1} for version in value] if self.role == "check" else value)


class EmptyVersion(Sound):
    def put(self, folder):
        return {}, super().put(folder)[1]


class MetadataIsAnObject(Sound):
    def entries(self, metadata):
        return metadata


class FailureLooksLikeSuccess(Sound):
    def main(self, arguments):
        super().main(arguments)
        return 0


class WholeHistoryAtFirst(Sound):
    def check(self, since):
        return super().check(since) if since else self.versions()


class OnlyTheNewest(Sound):
    def check(self, since):
        found = super().check(since)
        return [found[0], found[-1]] if len(found) > 1 else found


class NewestFirst(Sound):
    def check(self, since):
        return super().check(since)[::-1]


class RandomKey(Sound):
    def answer(self, value):
        key = {"extra": str(random.random())}
        super().answer([{**version, **key} for version in value] if self.role == "check" else value)

    def find(self, version, versions):
        return super().find({"time": version["time"]}, versions)


class IgnoresUnknownSourceKeys(Sound):
    ignored = "source"

    def part(self, request, name, known):
        values = request.get(name)
        if name == self.ignored and isinstance(values, dict):
            request = {name: {key: value for key, value in values.items() if key in known}}
        return super().part(request, name, known)


class IgnoresUnknownParams(IgnoresUnknownSourceKeys):
    ignored = "params"


class FloatsForIntegers(Sound):
    def get(self, folder):
        version, metadata = super().get(folder)
        return version, {"size": int(float(metadata["size"]))}


class AnswersWithTheNewest(Sound):
    def get(self, folder):
        return self.versions()[0], super().get(folder)[1]


class RandomFile(Sound):
    def get(self, folder):
        self.write(folder, "random", str(random.random()))
        return super().get(folder)


class BuildInAFile(Sound):
    def get(self, folder):
        self.write(folder, "build", os.environ.get("BUILD_ID", ""))
        return super().get(folder)


class GetsWhatIsGone(Sound):
    def get(self, folder):
        return super().get(folder) if self.version in self.versions() else (self.version, {})


class PutInventsAVersion(Sound):
    def put(self, folder):
        return {"time": "never"}, super().put(folder)[1]


class WritesWhereItIs(Sound):
    def get(self, folder):
        self.write(".", "leftover", "")
        return super().get(folder)


class NeedsHome(Sound):
    def act(self, arguments):
        self.write(os.environ.get("HOME", "/proc"), ".conform", "")
        super().act(arguments)


class NeedsPath(Sound):
    def act(self, arguments):
        if "PATH" not in os.environ:
            raise RefusedError("KeyError: 'PATH'")
        super().act(arguments)


class WritesBesideItself(Sound):
    def act(self, arguments):
        self.write("/var/tmp", ".conform", "")
        os.unlink("/var/tmp/.conform")
        super().act(arguments)


class NeedsRoot(Sound):
    def act(self, arguments):
        if os.getuid():
            raise RefusedError("expected root")
        super().act(arguments)


class SecretInAFile(Sound):
    def get(self, folder):
        self.write(folder, "login", json.dumps({"token": self.source["token"]}))
        return super().get(folder)
