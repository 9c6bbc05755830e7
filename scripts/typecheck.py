"""Check the types as each platform sees them; exit 1 where mypy finds an error.

The agent and what runs resource types are POSIX by nature: what Windows' type stubs say of
POSIX_ONLY is no error. An entry there that Windows has nothing against is one, so that none outlives its
reason. Elsewhere an `if` on `sys.platform` says what is not for Windows; mypy heeds an assertion at a
module's top only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PLATFORMS = ("linux", "darwin", "win32")
POSIX_ONLY = (
    "resources/sqnc_resources/conform/",
    "resources/sqnc_resources/registry_image/tree.py",
    "resources/sqnc_resources/scripts.py",
    "resources/sqnc_resources/surroundings.py",
    "sqncshim/sqncshim/agent/",
)
# Programs of the developers, beside what pyproject.toml names; they run where CI does.
DEVELOPERS = (
    "bench",
    "scripts",
    "tests/conftest.py",
    "tests/images",
    "tests/test_conftest.py",
    "tests/test_repository.py",
    "tests/test_scripts.py",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """An error of mypy's."""

    file: str
    line: int
    message: str

    @property
    def is_posix_only(self) -> bool:
        return self.file.startswith(POSIX_ONLY)


def main() -> int:
    with ThreadPoolExecutor() as pool:
        found = dict(zip(PLATFORMS, pool.map(check, PLATFORMS), strict=True))
    seen_by: dict[Finding, list[str]] = {}
    for platform, findings in found.items():
        for finding in findings:
            if platform != "win32" or not finding.is_posix_only:
                seen_by.setdefault(finding, []).append(platform)
    problems = [
        f"{finding.file}:{finding.line}: {finding.message} [{', '.join(platforms)}]"
        for finding, platforms in seen_by.items()
    ]
    windows = {finding.file for finding in found["win32"]}
    problems += [
        f"scripts/typecheck.py: POSIX_ONLY: {entry}: Windows has nothing against it; remove the entry"
        for entry in POSIX_ONLY
        if not any(file.startswith(entry) for file in windows)
    ]
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def check(platform: str) -> list[Finding]:
    """Return the errors of *platform*; each has a cache of its own, since one would undo the other."""
    command = [sys.executable, "-m", "mypy", "--strict", "--platform", platform, "--output=json"]
    command += ["--cache-dir", f".mypy_cache/{platform}"]
    done = subprocess.run([*command, *paths(platform)], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(
            f"mypy --platform {platform} ended with {done.returncode}:\n{done.stderr}{done.stdout}"
        )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Finding(e["file"], e["line"], e["message"]) for e in found if e["severity"] == "error"]


def paths(platform: str) -> list[str]:
    configured: list[str] = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mypy"]["files"]
    return configured + (list(DEVELOPERS) if platform == "linux" else [])


if __name__ == "__main__":
    sys.exit(main())
