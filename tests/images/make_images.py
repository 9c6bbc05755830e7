"""Make the test images on this machine, from packages of Debian alone; nothing is pulled.

    python3 tests/images/make_images.py

| image | what is in it |
|---|---|
| `sqnc-test/debian:12` | Debian 12: bash, git, python3, ca-certificates, procps (debootstrap) |
| `sqnc-test/busybox:1` | one static busybox and its links, without `tail`; no libc, no bash |
| `sqnc-test/empty:1` | nothing at all: an image of no file |
| `sqnc-test/user:1` | the Debian image with USER, ENTRYPOINT, CMD, ENV, WORKDIR: `user/Dockerfile` |

Each image carries the digest of its recipe as a label and is made again only when that differs. Debian's
files are also kept as a tar file in `$XDG_CACHE_HOME/sqnc-test`, for an engine that starts anew. Two calls
at once wait for each other. The standard library is enough, so that `sudo` needs no virtual environment.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LABEL = "sqnc-test.recipe"
SUITE = "bookworm"
DEBIAN_PACKAGES = ("bash", "ca-certificates", "git", "procps", "python3")
# Half of the image, and nothing that a step reads.
DEBIAN_LEFT_OUT = (
    "./dev/*",
    "./usr/share/doc/*",
    "./usr/share/info/*",
    "./usr/share/locale/*",
    "./usr/share/man/*",
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
)
BUSYBOX = Path("/bin/busybox")
# Runners that keep a container alive with `tail -f /dev/null` do not work in every image; ours must.
BUSYBOX_LEFT_OUT = frozenset({"usr/bin/tail"})
BUSYBOX_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
}
USER_DOCKERFILE = Path(__file__).with_name("user") / "Dockerfile"


class ImageError(Exception):
    """An image cannot be made here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its name, what it is made from (any text), and what makes it."""

    name: str
    recipe: str
    make: Callable[[Image], None]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.recipe.encode()).hexdigest()[:16]


def main() -> int:
    try:
        require_engine()
        with only_one():
            for image in images():
                if label_of(image.name) != image.digest:
                    print(f"making {image.name}", file=sys.stderr)
                    image.make(image)
    except ImageError as error:
        print(f"test images: {error}", file=sys.stderr)
        return 1
    return 0


def images() -> tuple[Image, ...]:
    """Every test image, each after the one that it is made from."""
    debian = Image(f"{PREFIX}debian:12", repr((1, SUITE, DEBIAN_PACKAGES, DEBIAN_LEFT_OUT)), make_debian)
    busybox = Image(f"{PREFIX}busybox:1", repr((1, BUSYBOX_LEFT_OUT, BUSYBOX_FILES)), make_busybox)
    empty = Image(f"{PREFIX}empty:1", "nothing", make_empty)
    user = Image(f"{PREFIX}user:1", debian.recipe + USER_DOCKERFILE.read_text(), make_user)
    return debian, busybox, empty, user


PREFIX = "sqnc-test/"


# The four


def make_debian(image: Image) -> None:
    tar = cache_dir() / f"debian-{platform.machine()}-{image.digest}.tar"
    if not tar.exists():
        require_root(f"{image.name} is made with debootstrap")
        install({"debootstrap": Path("/usr/sbin/debootstrap"), "debian-archive-keyring": KEYRING})
        debootstrap(tar)
    with tar.open("rb") as files:
        import_image(image, files)


def make_busybox(image: Image) -> None:
    if not BUSYBOX.exists() or is_dynamic(BUSYBOX):
        require_root(f"{image.name} is made from the package busybox-static")
        install({"busybox-static": None})
    files = io.BytesIO()
    with tarfile.open(fileobj=files, mode="w") as tar:
        for folder in ("bin", "etc", "root", "sbin", "tmp", "usr", "usr/bin", "usr/sbin"):
            tar.addfile(entry(folder, tarfile.DIRTYPE, mode=0o1777 if folder == "tmp" else 0o755))
        add_file(tar, "bin/busybox", BUSYBOX.read_bytes(), mode=0o755)
        for name, text in BUSYBOX_FILES.items():
            add_file(tar, name, text.encode(), mode=0o644)
        for path in applets():
            link = entry(path, tarfile.SYMTYPE, mode=0o777)
            link.linkname = "/bin/busybox"
            tar.addfile(link)
    files.seek(0)
    import_image(image, files, 'CMD ["/bin/sh"]', "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin")


def make_empty(image: Image) -> None:
    import_image(image, io.BytesIO(bytes(tarfile.RECORDSIZE)))


def make_user(image: Image) -> None:
    # The Dockerfile comes through standard input: no folder is sent, and the test has one file to read.
    label = f"{LABEL}={image.digest}"
    command = ["build", "--quiet", "--network=none", "--label", label, "--tag", image.name, "-"]
    docker(*command, stdin=io.BytesIO(USER_DOCKERFILE.read_bytes()))


# Debian's files

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def debootstrap(tar: Path) -> None:
    """Write the files of a small Debian to *tar*: whole, or not at all."""
    with tempfile.TemporaryDirectory(dir=tar.parent, prefix="debootstrap-") as temporary:
        root, unfinished = Path(temporary) / "root", Path(temporary) / "unfinished.tar"
        include = f"--include={','.join(DEBIAN_PACKAGES)}"
        command = ["debootstrap", "--variant=minbase", f"--keyring={KEYRING}", include, SUITE, str(root)]
        run([*command, *mirror()])
        exclude = [f"--exclude={pattern}" for pattern in DEBIAN_LEFT_OUT]
        run(
            [
                "tar",
                "--numeric-owner",
                "--one-file-system",
                *exclude,
                "-C",
                str(root),
                "-cf",
                str(unfinished),
                ".",
            ]
        )
        unfinished.rename(tar)


def mirror() -> list[str]:
    """Return the mirror that this machine's apt uses for Debian; none where the machine is no Debian.

    debootstrap then takes its own default.
    """
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        return []
    wanted = ["Created-By: Packages", "Component: main", f"Release: {system['VERSION_CODENAME']}"]
    return run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted]).split()[:1]


# Busybox's links


def applets() -> Iterable[str]:
    """Return the paths of the links that `busybox --install -s` makes, relative to the root."""
    listed = run([str(BUSYBOX), "--list-full"]).split()
    return sorted(set(listed) - BUSYBOX_LEFT_OUT - {"bin/busybox"})


def is_dynamic(program: Path) -> bool:
    """Say whether the ELF file names an interpreter (PT_INTERP), which a static one does not."""
    return b"/ld-" in program.read_bytes()[:4096]


def entry(path: str, kind: bytes, *, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.mode = kind, mode
    return info


def add_file(tar: tarfile.TarFile, path: str, content: bytes, *, mode: int) -> None:
    info = entry(path, tarfile.REGTYPE, mode=mode)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


# The engine, the packages, the cache


def label_of(name: str) -> str | None:
    """Return the digest of the recipe that the engine's image was made from; None where there is no image."""
    template = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    command = ["docker", "image", "inspect", "--format", template, name]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def import_image(image: Image, files: io.BufferedIOBase, *changes: str) -> None:
    options = [f"--change={change}" for change in (f"LABEL {LABEL}={image.digest}", *changes)]
    docker("import", *options, "-", image.name, stdin=files)


def docker(*arguments: str, stdin: io.BufferedIOBase) -> None:
    process = subprocess.Popen(
        ["docker", *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        shutil.copyfileobj(stdin, pipe, 1 << 20)
    process.stdin = None  # closed and sent: communicate() would flush it once more
    _, words = process.communicate()
    if process.returncode != 0:
        raise ImageError(f"docker {arguments[0]} failed:\n{words.decode(errors='replace').strip()}")


def install(packages: dict[str, Path | None]) -> None:
    """Install with apt those of *packages* whose file (None: unknown) is not there."""
    missing = [name for name, path in packages.items() if path is None or not path.exists()]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise ImageError(f"needs {' and '.join(missing)}; this is neither Debian nor Ubuntu")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], environment)
    run(["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing], environment)


def require_engine() -> None:
    """Say at once that there is no engine, not after a minute of making files for it."""
    if shutil.which("docker") is None:
        raise ImageError("no engine is installed; 'make docker' installs and starts one")
    found = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise ImageError(f"no engine answers; 'make docker' installs and starts one\n{found.stderr.strip()}")


def require_root(why: str) -> None:
    if os.geteuid() != 0:
        raise ImageError(f"{why}: run 'sudo make test-images' once")


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Run *command* and return its standard output; raise ImageError with the end of its words on failure."""
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise ImageError("\n  ".join([f"{command[0]} failed:", *words]))
    return done.stdout


def cache_dir() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "sqnc-test"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    with (cache_dir() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
