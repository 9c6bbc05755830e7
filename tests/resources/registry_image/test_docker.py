"""The engine reads what we write, and we what it pushes."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.resources.registry_image.images import entry, image, link, tar
from tests.resources.registry_image.registries import push

from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, PutParams, Source, Version, check, get, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.docker, pytest.mark.peers("docker-registry")]

DOCKERFILE = """\
FROM sqnc-test/busybox:1
RUN mkdir -p /a/b /kept /opaque && echo 1 >/a/b/one && echo 2 >/kept/two && echo 3 >/opaque/three \\
 && ln /kept/two /kept/hard && ln -s ../kept /a/soft && ln -s /kept /absolute && mkfifo /kept/pipe
RUN rm -r /a/b && rm /kept/two && rm -r /opaque && mkdir /opaque && echo 4 >/opaque/four \\
 && echo 5 >/absolute/five
RUN chown 1000:1001 /kept && chmod 1711 /kept && chmod 4755 /opaque/four && touch -d 2020-01-01 /opaque
USER 1000
ENV A=1
LABEL of=tests
"""
NUMBERS = count()
OF_THE_ENGINE = (".dockerenv", "dev", "etc", "proc", "sys")
"""What it puts into every container."""


def docker(*arguments: str, text: str | None = None) -> str:
    done = subprocess.run(["docker", *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def exported(image_name: str, name: str) -> dict[str, tuple[object, ...]]:
    """The file system of an image, as the engine makes it."""
    docker("create", "--name", name, image_name, "true")
    made = subprocess.run(["docker", "export", name], capture_output=True, check=True).stdout
    docker("rm", name)
    return described(made)


def described(archive: bytes) -> dict[str, tuple[object, ...]]:
    """What a tar archive says of each of its entries; of hard links, what they share."""
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for info in opened:
            name = info.name.removeprefix("./").rstrip("/")
            if name in {"", "."} or name.partition("/")[0] in OF_THE_ENGINE:
                continue
            content = opened.extractfile(info) if info.isreg() or info.islnk() else None
            kind = tarfile.REGTYPE if info.islnk() else info.type
            found[name] = (
                kind, oct(info.mode & 0o7777), info.uid, info.gid, int(info.mtime),
                info.linkname if info.issym() else "", content.read() if content else b"",
            )  # fmt: skip
    return found


def packed(root: Path) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(root, ".")
    return made.getvalue()


@pytest.fixture
def name() -> Iterator[str]:
    """A name for an image of the test's own."""
    own = f"sqnc-test/registry-image-{os.getpid()}-{next(NUMBERS)}"
    yield own
    subprocess.run(["docker", "rmi", "--force", own], capture_output=True, check=False)


def test_an_image_that_the_engine_pushed_has_the_same_file_system(
    debian_registry: str, name: str, tmp_path: Path
) -> None:
    docker("build", "--quiet", "--tag", name, "-", text=DOCKERFILE)
    pushed = f"{debian_registry}/{name}"
    docker("tag", name, pushed)
    docker("push", "--quiet", pushed)
    docker("rmi", pushed)
    source = read(Source, {"repository": pushed, "tag": "latest", "label_regex": "^of$"}, "source", [])
    (version,) = check(source, None)
    result = get(source, version, GetParams(), tmp_path)
    assert dict(result.metadata)["of"] == "tests"  # type: ignore[arg-type]  # a mapping here
    ours, theirs = described(packed(tmp_path / "rootfs")), exported(name, name.replace("/", "-"))
    assert ours == theirs
    assert ours["opaque/four"][1] == "0o4755"
    assert ours["kept"][2:4] == (1000, 1001)
    assert '"user":"1000"' in (tmp_path / "metadata.json").read_text()


@pytest.mark.parametrize("compression", ["gzip", "plain"])
def test_the_engine_loads_an_archive_that_we_wrote(
    debian_registry: str, name: str, tmp_path: Path, compression: str
) -> None:
    layers = tar(entry("a", b"1"), link("b", "a")), tar(entry("c", b"2", uid=7)), tar(entry("a", b"1"))
    made = image(*layers, compression=compression, Cmd=["/a"])
    push(debian_registry, name, made, "1")
    source = read(Source, {"repository": f"{debian_registry}/{name}"}, "source", [])
    get(source, Version(made.digest, "1"), GetParams("oci"), tmp_path)
    loaded = docker("load", "--input", str(tmp_path / "image.tar"))
    assert loaded.endswith(f"{debian_registry}/{name}:1")
    theirs = exported(f"{debian_registry}/{name}:1", name.replace("/", "-"))
    assert {path: (one[2], one[-1]) for path, one in theirs.items()} == {
        "a": (0, b"1"),
        "b": (0, b""),
        "c": (7, b"2"),
    }
    docker("rmi", f"{debian_registry}/{name}:1")


def test_the_engine_pulls_what_we_pushed_of_what_it_saved(
    debian_registry: str, name: str, tmp_path: Path
) -> None:
    docker("build", "--quiet", "--tag", name, "-", text=DOCKERFILE)
    (tmp_path / "built").mkdir()
    docker("save", "--output", str(tmp_path / "built/image.tar"), name)
    source = read(Source, {"repository": f"{debian_registry}/{name}-put"}, "source", [])
    result = put(source, PutParams("built/*", version="1.0.0"), tmp_path)
    pulled = f"{debian_registry}/{name}-put:1.0.0"
    assert f"Digest: {result.version.digest}" in docker("pull", pulled)
    assert docker("inspect", "--format", "{{.Id}}", pulled) == docker("inspect", "--format", "{{.Id}}", name)
    docker("rmi", pulled)
