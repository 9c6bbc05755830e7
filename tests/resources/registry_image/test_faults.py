"""What breaks in the middle is tried again or fails: nothing half-written is ever reported as done."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer
from tests.resources.registry_image.images import Image, digest_of, entry, image, tar
from tests.resources.registry_image.test_put import layout, params, write_tar

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, Version, check, get, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.faulty_server import Received
    from tests.resources.registry_image.conftest import Made
    from tests.resources.registry_image.registries import FakeRegistry

NAME = "an-owner/image"
CONTENT = bytes(range(256)) * 4096
BIG = image(tar(entry("first", b"1"), entry("big", CONTENT)), compression="plain")
(LAYER,) = BIG.layers
FORMATS = ("rootfs", "oci", "oci-layout")


@pytest.fixture(autouse=True)
def big(registry: FakeRegistry) -> None:
    registry.add(NAME, BIG, "1")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    write_tar(tmp_path / "inputs/built/image.tar", layout(BIG))
    return tmp_path / "inputs"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def params_of(form: str) -> GetParams:
    return read(GetParams, {"format": form}, "params", [])


def request(registry: FakeRegistry, form: str = "rootfs") -> dict[str, Any]:
    return {
        "source": {"repository": f"{registry.host}/{NAME}", "tag": "2"},
        "version": {"tag": "1", "digest": BIG.digest},
        "params": {"format": form},
    }


def put_request(registry: FakeRegistry) -> dict[str, Any]:
    return {"source": request(registry)["source"], "params": {"image": "built/image.tar"}}


def is_whole(folder: Path, form: str) -> bool:
    if form == "rootfs":
        return (folder / "rootfs/big").read_bytes() == CONTENT
    if form == "oci":
        with tarfile.open(folder / "image.tar") as archive:
            content = archive.extractfile(f"{LAYER.removeprefix('sha256:')}.tar.gz")
            return content is not None and content.read() == BIG.blobs[LAYER]
    return (folder / f"oci/blobs/{LAYER.replace(':', '/')}").read_bytes() == BIG.blobs[LAYER]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "fault",
    [
        Answer(body=BIG.blobs[LAYER], cut_after=300_000),
        Answer(body=BIG.blobs[LAYER][:300_000]),
        Answer(body=bytes(len(BIG.blobs[LAYER]))),
        Answer(503),
        Answer(429, headers={"Retry-After": "7"}),
        Answer(drop=True),
    ],
    ids=["cut", "short", "other", "503", "429", "dropped"],
)
def test_a_get_is_whole_after_any_fault(
    registry: FakeRegistry, made: Made, out: Path, *, in_no_time: list[float], fault: Answer, form: str
) -> None:
    registry.server.on("GET", f"/v2/{NAME}/blobs/{LAYER}", fault, registry.answer)
    get(made(), Version(BIG.digest, "1"), params_of(form), out)
    assert is_whole(out, form)
    assert len(in_no_time) == 1
    assert fault.status != 429 or in_no_time == [7]


@pytest.mark.parametrize("form", FORMATS)
def test_what_stays_broken_fails(
    registry: FakeRegistry, made: Made, out: Path, *, in_no_time: list[float], form: str
) -> None:
    registry.server.on("GET", f"/v2/{NAME}/blobs/{LAYER}", Answer(body=bytes(len(BIG.blobs[LAYER]))))
    with pytest.raises(ResourceError, match=f"expected the digest {LAYER}"):
        get(made(), Version(BIG.digest, "1"), params_of(form), out)
    assert not (out / "digest").exists()
    assert not (out / "image.tar").exists()
    assert not (out / "oci/index.json").exists()
    assert not (out / "rootfs/first").exists()  # nothing is unpacked of what is not as promised
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_check_waits_where_the_registry_wants_it(
    registry: FakeRegistry, made: Made, in_no_time: list[float], status: int
) -> None:
    path = f"/v2/{NAME}/manifests/1"
    registry.server.on("HEAD", path, Answer(status, headers={"Retry-After": "5"}), registry.answer)
    assert check(made(tag="1"), None) == [Version(BIG.digest, "1")]
    assert in_no_time == [5]


@pytest.mark.parametrize("fault", ["cut", "503", "429", "lost"])
def test_a_put_is_whole_after_any_fault(
    registry: FakeRegistry, made: Made, inputs: Path, *, in_no_time: list[float], fault: str
) -> None:
    registry.blobs.clear()
    registry.manifests.clear()
    uploads = f"/v2/{NAME}/blobs/uploads/"
    faults = {
        "cut": ("PUT", f"{uploads}1", Answer(take=100_000)),
        "503": ("POST", uploads, Answer(503)),
        "429": ("PUT", f"/v2/{NAME}/manifests/2", Answer(429, headers={"Retry-After": "3"})),
        "lost": ("PUT", f"{uploads}1", lambda asked: _lost(registry, asked)),
    }
    method, path, answer = faults[fault]
    registry.server.on(method, path, answer, registry.answer)
    result = put(made(tag="2"), params(), inputs)
    assert result.version == Version(BIG.digest, "2")
    assert registry.blobs == {(NAME, digest): blob for digest, blob in BIG.blobs.items()}
    assert len(in_no_time) == 1


def _lost(registry: FakeRegistry, asked: Received) -> Answer:
    """The registry has taken it, and its answer does not arrive."""
    registry.answer(asked)
    return Answer(drop=True)


def test_pieces_go_on_where_the_connection_broke(
    registry: FakeRegistry,
    made: Made,
    inputs: Path,
    *,
    in_no_time: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sqnc_resources.registry_image.uploads.PIECE_BYTES", 400_000)
    monkeypatch.setattr("sqnc_resources.registry_image.uploads._SMALLEST_PIECE", 1000)
    registry.blobs.clear()
    registry.most_bytes = 400_000
    # the second upload is that of the pieces, and its second piece is lost after it was taken
    registry.server.on(
        "PATCH",
        f"/v2/{NAME}/blobs/uploads/2",
        registry.answer,
        lambda asked: _lost(registry, asked),
        registry.answer,
    )
    put(made(tag="2"), params(), inputs)
    assert registry.blobs[NAME, LAYER] == BIG.blobs[LAYER]
    starts = [asked.headers["content-range"].partition("-")[0] for asked in registry.server.asked("PATCH")]
    assert starts == ["0", "400000", "800000"]  # what is there is not sent again


def test_no_tag_is_moved_where_a_blob_does_not_arrive(
    registry: FakeRegistry, made: Made, inputs: Path, in_no_time: list[float]
) -> None:
    registry.blobs.clear()
    registry.server.on("POST", f"/v2/{NAME}/blobs/uploads/", Answer(500))
    with pytest.raises(ResourceError, match="500 Internal Server Error"):
        put(made(tag="2"), params(), inputs)
    assert "2" not in registry.tags[NAME]


@pytest.mark.parametrize("form", FORMATS)
def test_sigterm_in_the_middle_of_a_get_reports_nothing(registry: FakeRegistry, out: Path, form: str) -> None:
    path = f"/v2/{NAME}/blobs/{LAYER}"
    registry.server.on("GET", path, Answer(body=BIG.blobs[LAYER], piece=50_000, slow_s=0.2))
    answer = interrupted(
        "in", "registry-image", request(registry, form), out, when=lambda: registry.server.asked("GET", path)
    )
    assert (answer.status, answer.stdout) == (143, "")
    assert not (out / "digest").exists()
    assert [place.name for place in out.iterdir() if place.is_file()] == []
    assert [place.name for place in out.iterdir() if place.name.startswith(".")] == []


def test_sigterm_in_the_middle_of_a_put_reports_nothing(registry: FakeRegistry, inputs: Path) -> None:
    registry.blobs.clear()
    registry.server.on("POST", f"/v2/{NAME}/blobs/uploads/", Answer(202, late_s=10))
    begun = lambda: registry.server.asked("POST")  # noqa: E731  (what it waits for)
    answer = interrupted("out", "registry-image", put_request(registry), inputs, when=begun)
    assert (answer.status, answer.stdout) == (143, "")
    assert "2" not in registry.tags[NAME]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("room", [20, 300_000])
def test_a_full_disk_is_told(registry: FakeRegistry, out: Path, form: str, room: int) -> None:
    answer = on_a_full_disk("in", "registry-image", request(registry, form), out, room_bytes=room)
    assert (answer.status, answer.stdout) == (1, "")
    assert "File too large" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (out / "digest").exists()


def test_a_full_disk_in_a_put_is_told(registry: FakeRegistry, inputs: Path) -> None:
    plain = tar(entry("big", CONTENT))
    described = json.dumps({"rootfs": {"diff_ids": [digest_of(plain)]}}).encode()
    contents = json.dumps([{"Config": "c", "Layers": ["l"]}]).encode()
    write_tar(inputs / "built/image.tar", {"c": described, "l": plain, "manifest.json": contents})
    answer = on_a_full_disk("out", "registry-image", put_request(registry), inputs, room_bytes=1000)
    assert (answer.status, answer.stdout) == (1, "")
    assert "File too large" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "2" not in registry.tags[NAME]


GIGABYTE = 1 << 30
MEASURED = """\
import pathlib, re, sys
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, PutParams, Source, Version, get, put
source = read(Source, {"repository": sys.argv[1], "tag": "2"}, "source", [])
folder = pathlib.Path(sys.argv[2])
if sys.argv[3] == "put":
    put(source, PutParams("image.tar"), folder)
else:
    get(source, Version(sys.argv[4], "1"), GetParams(sys.argv[3]), folder)
# not ru_maxrss, which counts what the process was forked from
print(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


def large(size: int) -> Image:
    """An image with a file of zeros; its layer is as short as zeros compress."""
    info = tarfile.TarInfo("zeros")
    info.size = size
    piece = _gzip(bytes(1 << 24))
    layer = b"".join((_gzip(info.tobuf()), piece * (size >> 24), _gzip(bytes(1024))))
    made = image(b"")
    manifest = json.loads(made.body)
    manifest["layers"] = [{**manifest["layers"][0], "size": len(layer), "digest": digest_of(layer)}]
    body = json.dumps(manifest).encode()
    return Image(body, made.media_type, {**made.blobs, digest_of(layer): layer})


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(data) + packer.flush()


def peak_kib(registry: FakeRegistry, *arguments: str) -> int:
    command = [sys.executable, "-c", MEASURED, f"{registry.host}/{NAME}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_get_of_a_gigabyte_takes_no_more_memory_than_one_of_nothing(
    registry: FakeRegistry, tmp_path: Path
) -> None:
    peaks = []
    for size in (1 << 24, GIGABYTE):
        made_of = large(size)
        registry.add(NAME, made_of, "1")
        folder = tmp_path / str(size)
        folder.mkdir()
        peaks.append(peak_kib(registry, str(folder), "rootfs", made_of.digest))
        assert (folder / "rootfs/zeros").stat().st_size == size
        (folder / "rootfs/zeros").unlink()
    assert peaks[1] - peaks[0] < 4 << 10


@pytest.mark.parametrize("role", ["oci", "oci-layout", "put"])
def test_nor_do_the_other_formats_and_puts(registry: FakeRegistry, tmp_path: Path, role: str) -> None:
    peaks = []
    for size in (1 << 10, 64 << 20):
        made_of = image(tar(entry("zeros", bytes(size))), compression="plain")
        folder = tmp_path / str(size)
        folder.mkdir()
        if role == "put":
            write_tar(folder / "image.tar", layout(made_of))
        else:
            registry.add(NAME, made_of, "1")
        peaks.append(peak_kib(registry, str(folder), role, made_of.digest))
    assert peaks[1] - peaks[0] < 4 << 10
