"""Whether this machine's folders can be shown in an engine's containers: found out once per engine, and kept.

A folder that holds a file named by a nonce is mounted into a container that is never started, and the engine
is asked for that file. So a path that is another machine's, one that the engine may not see, and a mount that
its kernel refuses all give the same answer: no. A yes is kept for good, a no for a day, because people change
their engine's settings.
"""

import hashlib
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqnc.runtimes import RuntimeFailure, RuntimeUnavailable
from sqnc.runtimes.docker.api import Engine
from sqnc.runtimes.docker.containers import idle_container
from sqnc.runtimes.docker.volumes import trial_overlay

_NO_IS_KEPT_S: Final = 24 * 3600
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = "/.sqnc-probe"


class Sharing:
    """What is known of one engine. *cache*: sequence's cache folder, which is also what is tried."""

    def __init__(self, engine: Engine, cache: Path) -> None:
        self._engine = engine
        self._cache = cache
        self._lock = threading.Lock()

    def folders(self, run: str, image_id: str) -> bool:
        """Whether folders of the cache can be bind-mounted. *image_id*: any image that is there."""

        def trial() -> bool:
            with self._nonce() as folder:
                mount = {"Type": "bind", "Source": str(folder), "Target": _PLACE, "ReadOnly": True}
                with idle_container(self._engine, run, image_id, mount) as container:
                    return self._sees(container, folder)

        return self._known("bind", trial)

    def overlays(self, run: str, image_id: str, lower: Path) -> bool:
        """Whether the engine's kernel can merge folders of *lower*'s file system, which is this machine's."""
        if self._maps_users() or not any(lower.iterdir()):
            return False  # an empty folder shows nothing that could be recognized, and is cheap to stream

        def trial() -> bool:
            with trial_overlay(self._engine, run, [lower]) as volume:
                mount = {
                    "Type": "volume",
                    "Source": volume,
                    "Target": _PLACE,
                    "VolumeOptions": {"NoCopy": True},
                }
                with idle_container(self._engine, run, image_id, mount) as container:
                    return self._sees(container, lower)

        return self._known(f"overlay-{lower.stat().st_dev}", trial)

    def _maps_users(self) -> bool:
        """Then a tree's owner would be "nobody" inside, and an overlay is not the engine's to mount."""
        security = " ".join(self._engine.info.get("SecurityOptions") or ())
        return "name=userns" in security or "name=rootless" in security or self._engine.is_podman

    def _sees(self, container: str, folder: Path) -> bool:
        """Whether an entry of *folder*, any, is seen in the container, changed in the same microsecond."""
        entry = next(folder.iterdir())
        seen = self._engine.stat(container, f"{_PLACE}/{entry.name}")
        if seen is None:
            return False
        changed = datetime.fromisoformat(seen["mtime"]) - _EPOCH
        return changed // timedelta(microseconds=1) == entry.lstat().st_mtime_ns // 1000

    @contextmanager
    def _nonce(self) -> Iterator[Path]:
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".probe-", dir=self._cache) as folder:
            (Path(folder) / secrets.token_hex(16)).touch()
            yield Path(folder)

    def _known(self, question: str, trial: Callable[[], bool]) -> bool:
        """Answer from the cache, else find out and keep it."""
        with self._lock:
            answers = self._answers()
            known = answers.get(question)
            if known is not None and (known["yes"] or time.time() - known["at"] < _NO_IS_KEPT_S):
                return bool(known["yes"])
            yes = _refused_is_no(trial)
            self._keep(answers | {question: {"yes": yes, "at": time.time()}})
            return yes

    @property
    def _file(self) -> Path:
        """One for each engine. Podman makes up a new ID for each answer, so its place stands for it."""
        info = self._engine.info
        parts = [
            self._engine.endpoint.url,
            info.get("Name"),
            info.get("DockerRootDir"),
            info.get("ServerVersion"),
        ]
        parts += [] if self._engine.is_podman else [info.get("ID")]
        return self._cache / "engines" / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:20]}.json"

    def _answers(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._file.read_bytes()))
        except (OSError, ValueError):
            return {}

    def _keep(self, answers: dict[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(answers), encoding="utf-8")
        fresh.replace(self._file)


def _refused_is_no(trial: Callable[[], bool]) -> bool:
    try:
        return trial()
    except RuntimeUnavailable:
        raise  # an engine that is away has not said no
    except RuntimeFailure:
        return False
