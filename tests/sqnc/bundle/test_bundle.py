"""The bundle: made once, found again, whole or not there; and its programs in images that have none."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc.bundle import Bundle, BundleError, ensure_bundle
from sqnc.bundle.elf import LIBRARIES, is_elf, libraries, patch
from sqnc.bundle.tools import GIT_PROGRAMS, copy_tools, node
from sqncshim.paths import AGENT, BUNDLE, GIT, NODE, PYTHON, SHIM, TOOLS

if TYPE_CHECKING:
    from collections.abc import Mapping

MAKE = "from pathlib import Path; from sqnc.bundle import ensure_bundle; import sys; "
MAKE += "print(ensure_bundle(cache=Path(sys.argv[1])).path)"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def bundle(cache: Path) -> Bundle:
    return ensure_bundle(cache=cache)


def test_it_is_made_once(bundle: Bundle, cache: Path) -> None:
    told: list[str] = []

    assert ensure_bundle(cache=cache, progress=told.append) == bundle
    assert told == []
    assert bundle.path.name == bundle.digest


def test_a_changed_source_file_makes_another_bundle_but_no_other_heavy_part(
    bundle: Bundle, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("sqnc.bundle.modules.modules_key", lambda: "another state of the sources")

    other = ensure_bundle(cache=cache, progress=told.append)

    assert other.digest != bundle.digest
    assert told == []
    assert (other.path / "bin/node").samefile(bundle.path / "bin/node")


def test_no_program_in_it_needs_a_library_from_outside(bundle: Bundle) -> None:
    names = {path.name for path in (bundle.path / LIBRARIES).iterdir()}
    programs = [path for path in bundle.path.rglob("*") if not path.is_symlink() and path.is_file()]
    compiled = [path for path in programs if is_elf(path)]
    assert len(compiled) > 30

    for path in compiled:
        needed = subprocess.run(
            ["patchelf", "--print-needed", path], capture_output=True, text=True, check=True, env=_path()
        )
        assert set(needed.stdout.split()) <= names, path


def test_two_processes_at_once_make_one_bundle(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen([sys.executable, "-c", MAKE, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = {maker.communicate(timeout=60)[0] for maker in makers}

    assert len(answers) == 1
    assert not list((tmp_path / "bundles").glob(".making-*"))


def test_a_kill_while_it_is_made_leaves_nothing_that_is_taken_for_whole(tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    maker = subprocess.Popen([sys.executable, "-c", MAKE, tmp_path])
    while not list(folder.glob(".making-*/bin/*")):
        time.sleep(0.002)
        assert maker.poll() is None
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    assert list(folder.glob(".making-*"))

    whole = ensure_bundle(cache=tmp_path)

    assert not list(folder.glob(".making-*"))
    assert (whole.path / "lib/sqnc/sqncshim/agent/server.py").exists()


def test_what_nobody_used_for_a_week_goes_but_for_the_heavy_part_that_is_needed(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _made_long_ago(bundle, tmp_path)
    monkeypatch.setattr("sqnc.bundle.modules.modules_key", lambda: "another state of the sources")
    told: list[str] = []

    new = ensure_bundle(cache=tmp_path, progress=told.append).path

    assert not old.exists()
    assert (new / "bin/node").exists()
    assert told == []  # the heavy part was not made again


def test_a_kill_while_an_old_one_is_removed_leaves_no_half_of_it(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _made_long_ago(bundle, tmp_path)
    monkeypatch.setattr("sqnc.bundle.modules.modules_key", lambda: "another state of the sources")

    def killed(path: Path, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        ensure_bundle(cache=tmp_path)

    assert not old.exists()


def test_one_that_is_asked_for_is_not_swept(bundle: Bundle, tmp_path: Path) -> None:
    old = _made_long_ago(bundle, tmp_path)

    assert ensure_bundle(cache=tmp_path).path == old
    assert time.time() - old.stat().st_mtime < 60


def test_all_users_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    subprocess.run(
        ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh", sys.executable, "-c", MAKE, tmp_path], check=True
    )

    made = ensure_bundle(cache=tmp_path).path
    for path in [made, *made.rglob("*")]:
        if not path.is_symlink():
            needed = 0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644
            assert path.stat().st_mode & 0o777 == needed, path


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "bundles").write_text("a file where a folder should be")

    with pytest.raises(BundleError, match=f"cannot be made in {tmp_path}/bundles: .*File exists"):
        ensure_bundle(cache=tmp_path)


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BundleError, match="git is not found, and the bundle carries it: install git"):
        ensure_bundle(cache=tmp_path)


def test_a_library_that_lies_beside_its_program_comes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, library = tmp_path / "bin" / "node", tmp_path / "lib" / "libbeside.so.1"
    for path, original in ((program, node()), (library, next(iter(libraries([node()]))))):
        path.parent.mkdir()
        shutil.copy(original, path)
    words = ["--force-rpath", "--set-rpath", "$ORIGIN/../lib", "--add-needed", library.name]
    subprocess.run(["patchelf", *words, program], check=True, env=_path())
    monkeypatch.setattr("sqnc.bundle.tools.node", lambda: program)

    made = ensure_bundle(cache=tmp_path / "cache").path

    assert (made / LIBRARIES / library.name).is_file()


def test_a_program_of_many_names_is_carried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git's own installation has it: a hundred hard links."""
    installed = tmp_path / "installed"
    installed.mkdir()
    for name in ("git", "git-remote-http"):
        (installed / name).write_bytes(name.encode())
    os.link(installed / "git", installed / "git-add")
    os.link(installed / "git-remote-http", installed / "git-remote-https")
    monkeypatch.setattr("sqnc.bundle.tools.git_folder", lambda: installed)

    (tmp_path / "bundle" / "bin").mkdir(parents=True)

    copies = copy_tools(tmp_path / "bundle")

    folder = tmp_path / "bundle" / GIT_PROGRAMS
    assert [copy.name for copy in copies if copy.parent == folder] == ["git", "git-remote-http"]
    assert (folder / "git-add").readlink() == Path("git")
    assert (folder / "git-remote-https").read_bytes() == b"git-remote-http"


def _made_long_ago(bundle: Bundle, cache: Path) -> Path:
    """The same bundle in another cache, it and its heavy part unused for more than a week."""
    made = ensure_bundle(cache=cache)
    assert made.digest == bundle.digest
    week_ago = time.time() - 8 * 24 * 3600
    for path in (cache / "bundles").iterdir():
        os.utime(path, (week_ago, week_ago))
    return made.path


def _path() -> dict[str, str]:
    return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


# In images that hold nothing of it

IMAGES = ("empty", "busybox")
USERS = ("0", "12345:54321")
GIT_SCRIPT = f"""
import subprocess
def git(*words):
    subprocess.run([{GIT!r}, *words], check=True, env={{"HOME": "/tmp"}})
git("init", "-q", "/tmp/a")
git("-C", "/tmp/a", "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "--allow-empty", "-m", "first")
git("-C", "/tmp/a", "log", "--format=%s")
"""
CLONE_SCRIPT = """
git("clone", "-q", "file:///tmp/a", "/tmp/b")
git("-C", "/tmp/b", "log", "--format=%s")
"""


def run_in(
    bundle: Bundle,
    image: str,
    *command: str,
    user: str = "0",
    mounts: Mapping[Path, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    shown = {bundle.path: BUNDLE, **(mounts or {})}
    options = ["--rm", "--read-only", "--network=none", "--user", user, "--tmpfs", "/tmp"]
    options += [f"--env={name}={value}" for name, value in (environment or {}).items()]
    for source, target in shown.items():
        options += ["--mount", f"type=bind,source={source},target={target},readonly"]
    done = subprocess.run(
        ["docker", "run", *options, image, *command], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip()


# Where the image keeps its certificates, and what git is told: nothing, where it looks by itself
CERTIFICATES_TOLD: Mapping[str | None, list[str]] = {
    None: [f"{BUNDLE}/etc/ca-certificates.crt"],
    "/etc/pki/tls/certs/ca-bundle.crt": ["/etc/pki/tls/certs/ca-bundle.crt"],
    "/etc/ssl/certs/ca-certificates.crt": [],
}


@pytest.mark.docker
@pytest.mark.parametrize("theirs", CERTIFICATES_TOLD)
def test_git_trusts_whom_the_image_trusts(
    bundle: Bundle, docker_images: Mapping[str, str], tmp_path: Path, theirs: str | None
) -> None:
    (tmp_path / "etc").mkdir()
    mounts = {}
    if theirs is not None:
        path = tmp_path / Path(theirs).relative_to("/")
        path.parent.mkdir(parents=True)
        path.write_text("an authority")
        top = Path(theirs).parents[-3]  # /etc/pki, /etc/ssl
        mounts = {tmp_path / top.relative_to("/"): str(top)}

    answer = run_in(
        bundle, docker_images["busybox"], GIT, "-c", "alias.x=!env", "x", user="12345", mounts=mounts
    )

    assert "GIT_EXEC_PATH=" in answer
    told = [line.partition("=")[2] for line in answer.splitlines() if line.startswith("GIT_SSL_CAINFO=")]
    assert told == CERTIFICATES_TOLD[theirs]


@pytest.mark.docker
@pytest.mark.parametrize("program", [PYTHON, GIT, NODE])
def test_libraries_of_the_users_own_programs_do_not_get_in(
    bundle: Bundle, docker_images: Mapping[str, str], tmp_path: Path, program: str
) -> None:
    for library in (bundle.path / LIBRARIES).iterdir():
        (tmp_path / library.name).write_text("not for this machine")

    answer = run_in(
        bundle,
        docker_images["empty"],
        program,
        "--version",
        mounts={tmp_path: "/theirs"},
        environment={"LD_LIBRARY_PATH": "/theirs"},
    )

    assert re.search(r"\d+\.\d+\.\d+", answer)
    assert "error" not in answer


@pytest.mark.docker
def test_a_program_that_needs_no_library_stays_as_it_is(
    docker_images: Mapping[str, str], tmp_path: Path
) -> None:
    container = _docker("create", docker_images["busybox"], "true").decode().strip()
    try:
        _docker("cp", f"{container}:/bin/busybox", str(tmp_path / "busybox"))
    finally:
        _docker("rm", container)
    before = (tmp_path / "busybox").read_bytes()

    patch([tmp_path / "busybox"], "ld-linux-x86-64.so.2")

    assert is_elf(tmp_path / "busybox")
    assert (tmp_path / "busybox").read_bytes() == before


@pytest.mark.docker
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("image", IMAGES)
class TestInAnImageThatHoldsNothingOfIt:
    """Read-only, without a network, as root and as a user that nobody knows."""

    def test_python_has_its_standard_library(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        script = "import ctypes, hashlib, json, socket, sqlite3, ssl, sys; print(sys.prefix)"
        answer = run_in(bundle, docker_images[image], PYTHON, "-I", "-S", "-c", script, user=user)
        assert answer == BUNDLE

    def test_node_runs(self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str) -> None:
        script = "console.log(require('crypto').createHash('sha256').update('x').digest('hex').length)"
        assert run_in(bundle, docker_images[image], NODE, "-e", script, user=user) == "64"

    def test_git_makes_a_repository_and_where_there_is_a_shell_clones_it(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        # git itself runs the other end of a clone through /bin/sh, which the empty image has not
        script = GIT_SCRIPT + (CLONE_SCRIPT if image == "busybox" else "")
        answer = run_in(bundle, docker_images[image], PYTHON, "-I", "-S", "-c", script, user=user)
        assert answer.splitlines() == ["first"] * (2 if image == "busybox" else 1)

    def test_git_speaks_https(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        answer = run_in(bundle, docker_images[image], GIT, "ls-remote", "https://127.0.0.1:1/x", user=user)
        assert "Failed to connect to 127.0.0.1 port 1" in answer

    def test_ssh_runs_for_users_that_the_image_knows(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        # OpenSSH itself asks for an entry in /etc/passwd; it is loaded and linked in either case
        known = image == "busybox" and user == "0"
        answer = run_in(bundle, docker_images[image], f"{BUNDLE}/bin/ssh", "-V", user=user)
        assert answer.startswith("OpenSSH_" if known else f"No user exists for uid {user.partition(':')[0]}")

    @pytest.mark.peers("zstd")
    def test_zstd_runs(self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str) -> None:
        answer = run_in(bundle, docker_images[image], f"{BUNDLE}/bin/zstd", "--version", user=user)
        assert "Yann Collet" in answer

    def test_the_shim_answers(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        answer = run_in(bundle, docker_images[image], SHIM, "plugin", "uses", "docker://alpine", user=user)
        assert '"image": "alpine"' in answer

    def test_the_tools_are_node_and_git_alone(
        self, bundle: Bundle, docker_images: Mapping[str, str], image: str, user: str
    ) -> None:
        script = f"import os; print(*sorted(os.listdir({TOOLS!r})))"
        answer = run_in(bundle, docker_images[image], PYTHON, "-I", "-S", "-c", script, user=user)
        assert answer == "git node"


@pytest.mark.docker
def test_the_agent_runs_from_a_volume_that_the_shim_image_filled(
    bundle: Bundle, docker_images: Mapping[str, str], tmp_path: Path
) -> None:
    shutil.copytree(bundle.path, tmp_path / "context", symlinks=True, copy_function=os.link)
    dockerfile = Path(__file__).parents[3] / "images/shim/Dockerfile"
    image, volume = f"sqnc-test/shim:{os.getpid()}", f"sqnc-test-shim-{os.getpid()}"
    try:
        _docker("build", "--quiet", "--tag", image, "--file", str(dockerfile), str(tmp_path / "context"))
        _docker("run", "--rm", "--mount", f"source={volume},target={BUNDLE}", image, "--version")
        mount = f"source={volume},target={BUNDLE},readonly"
        hello = _docker("run", "--rm", "--interactive", "--mount", mount, docker_images["empty"], *AGENT)
    finally:
        for arguments in (("volume", "rm", volume), ("rmi", image)):
            subprocess.run(["docker", *arguments], capture_output=True, check=False)
    assert b"/.sqnc/lib/sqnc" in hello


def _docker(*arguments: str) -> bytes:
    return subprocess.run(
        ["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=True
    ).stdout
