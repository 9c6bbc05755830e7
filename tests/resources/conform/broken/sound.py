"""A resource type that keeps every rule, without the toolkit: what the broken ones spoil, one thing each.

It follows a file of lines, `TIME TEXT`; a version is the time of a line. It starts with little, since the kit
runs it some sixty times.
"""

# ruff: noqa: PTH123  (each is started some sixty times, and pathlib takes 7 ms)
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime

SOURCE = {"file": str, "token": str, "size": int, "delay_s": int}
PARAMS = {"in": {"note": str}, "out": {"text": str}}


class RefusedError(Exception):
    """The request is wrong, or cannot be met."""


class Sound:
    def __init__(self, role):
        self.role = role

    # The request

    def main(self, arguments):
        signal.signal(signal.SIGTERM, self.stop)
        try:
            self.read(json.loads(sys.stdin.read()))
            self.act(arguments)
        except (RefusedError, ValueError, OSError) as error:
            print(f"error: {self.masked(str(error))}", file=sys.stderr)
            return 1
        return 0

    def stop(self, number, frame):
        if child := getattr(self, "child", None):
            child.kill()
        sys.exit(128 + number)

    def read(self, request):
        self.source = self.part(request, "source", SOURCE)
        self.params = self.part(request, "params", PARAMS.get(self.role, {}))
        self.version = self.part(request, "version", {"time": str, "line": str, "extra": str})
        if "file" not in self.source:
            raise RefusedError("source.file: expected a text, and it is missing")

    def part(self, request, name, known):
        values = request.get(name) or {}
        if not isinstance(values, dict):
            raise RefusedError(f"{name}: expected an object")
        for key, value in values.items():
            if key not in known:
                raise RefusedError(f"{name}.{key}: unknown key")
            if type(value) is not known[key]:
                raise RefusedError(f"{name}.{key}: expected {known[key].__name__}")
        return values

    def masked(self, text):
        return text.replace(getattr(self, "source", {}).get("token") or "\0", "***")

    # What it does

    def act(self, arguments):
        if self.source.get("delay_s"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # who starts a child must know it
            self.child = subprocess.Popen(["/bin/sleep", str(self.source["delay_s"])])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            self.child.wait()
        if self.role == "check":
            return self.answer(self.check(self.version or None))
        done = self.get if self.role == "in" else self.put
        version, metadata = done(arguments[0])
        return self.answer({"version": version, "metadata": self.entries(metadata)})

    def answer(self, value):
        print(json.dumps(value))

    def entries(self, metadata):
        return [{"name": name, "value": self.masked(str(value))} for name, value in metadata.items()]

    def lines(self):
        with open(self.source["file"]) as file:
            return [line.rstrip("\n").partition(" ")[::2] for line in file]

    def versions(self):
        return [self.written(datetime.fromisoformat(time)) for time, _ in self.lines()]

    def written(self, moment):
        return {"time": moment.astimezone(UTC).isoformat()}

    def find(self, version, versions):
        return versions.index(version) if version in versions else None

    def check(self, since):
        versions = self.versions()
        start = None if since is None else self.find(since, versions)
        return versions[-1:] if start is None else versions[start:]

    def get(self, folder):
        place = self.find(self.version, self.versions())
        if place is None:
            raise RefusedError(f"there is no version {self.version}")
        self.write(folder, "text", self.lines()[place][1])
        if "note" in self.params:
            self.write(folder, "note", self.params["note"])
        return self.version, {"size": self.source.get("size", 0)}

    def write(self, folder, name, text):
        with open(f"{folder}/{name}", "w") as file:
            file.write(text)

    def put(self, folder):
        text = self.filled(self.params.get("text", ""))
        moment = datetime.now(UTC)
        with open(self.source["file"], "a") as file:
            file.write(f"{moment.isoformat()} {text}\n")
        return self.written(moment), {"text": text}

    def filled(self, text):
        return re.sub(r"\$(BUILD_\w+)", lambda found: os.environ.get(found[1], ""), text)
