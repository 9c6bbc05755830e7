"""Commits that must be signed, and repositories that git-crypt has locked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.resources.git.conftest import Get, Repo

signed = pytest.mark.peers("gpg", "gpg-agent")


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody with a GPG key, in a keyring that is no other's."""

    home: str

    def gpg(self, *arguments: str) -> str:
        command = ["gpg", "--batch", "--quiet", *arguments]
        return subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "GNUPGHOME": self.home}

    @property
    def public_key(self) -> str:
        return self.gpg("--armor", "--export")

    @property
    def key_id(self) -> str:
        listed = self.gpg("--list-keys", "--with-colons").splitlines()
        return next(line.split(":")[9] for line in listed if line.startswith("fpr:"))

    def commit(self, repo: Repo, *flags: str) -> str:
        """Make a commit that is signed with the key; return it."""
        repo.write("some-file", "x")
        repo.git("add", "some-file")
        command = ["git", "-C", repo.path, "commit", "--quiet", f"--gpg-sign={self.key_id}", "-m", "signed"]
        subprocess.run([*command, *flags], env=self.environment, check=True)
        return repo.head


def make_signer() -> Iterator[Signer]:
    home = tempfile.mkdtemp(dir="/tmp")  # a short path, for the agent's socket
    signer = Signer(home)
    try:
        signer.gpg(
            "--passphrase",
            "",
            "--quick-generate-key",
            "Signer <signer@example.com>",
            "ed25519",
            "sign",
            "never",
        )
        yield signer
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=signer.environment, check=False)
        shutil.rmtree(home, ignore_errors=True)


signer = pytest.fixture(scope="module")(make_signer)
stranger = pytest.fixture(scope="module")(make_signer)


@signed
def test_gets_a_commit_that_one_of_the_keys_has_signed(
    origin: Repo, get: Get, signer: Signer, stranger: Signer
) -> None:
    ref = signer.commit(origin)
    for number, keys in enumerate(
        (
            [signer.public_key],
            [stranger.public_key, signer.public_key],
            [stranger.public_key + signer.public_key],
        )
    ):
        got = get({"uri": origin.uri, "commit_verification_keys": keys}, into=f"{number}")
        assert got.repo.head == ref
        assert (got.repo.path / "some-file").exists()


@signed
@pytest.mark.parametrize("by", [{"tag_filter": "test-*"}, {"tag_regex": "test-.*"}])
def test_gets_a_signed_commit_by_its_tag(
    origin: Repo, get: Get, signer: Signer, by: Mapping[str, str]
) -> None:
    ref = signer.commit(origin)
    origin.tag("test-0.0.1", "a message")
    source = {"uri": origin.uri, "commit_verification_keys": [signer.public_key], **by}
    assert get(source, "test-0.0.1").repo.head == ref


@signed
def test_a_commit_that_is_not_signed_is_a_failure(origin: Repo, get: Get, signer: Signer) -> None:
    ref = origin.commit()
    with pytest.raises(ResourceError, match=f"The commit {ref} is not signed"):
        get({"uri": origin.uri, "commit_verification_keys": [signer.public_key]})


@signed
def test_a_signature_of_another_key_is_a_failure(  # noqa: PLR0917  (fixtures)
    origin: Repo, get: Get, signer: Signer, stranger: Signer, capfd: pytest.CaptureFixture[str]
) -> None:
    ref = signer.commit(origin)
    with pytest.raises(ResourceError, match=f"The commit {ref} is not signed"):
        get({"uri": origin.uri, "commit_verification_keys": [stranger.public_key]})
    assert "gpg: Can't check signature: No public key" in capfd.readouterr().err


@signed
def test_a_changed_commit_is_a_failure(origin: Repo, get: Get, signer: Signer) -> None:
    signer.commit(origin)
    forged = origin.git("cat-file", "commit", "HEAD").replace("\n\nsigned", "\n\nforged")
    command = ["git", "-C", origin.path, "hash-object", "-t", "commit", "-w", "--stdin"]
    made = subprocess.run(command, input=f"{forged}\n", stdout=subprocess.PIPE, text=True, check=True)
    origin.git("reset", "--quiet", "--hard", made.stdout.strip())
    with pytest.raises(ResourceError, match="is not signed"):
        get({"uri": origin.uri, "commit_verification_keys": [signer.public_key]})


@signed
def test_a_key_of_this_user_s_does_not_count(  # noqa: PLR0917  (fixtures)
    origin: Repo, get: Get, signer: Signer, stranger: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer.commit(origin)
    monkeypatch.setenv("GNUPGHOME", signer.home)
    with pytest.raises(ResourceError, match="is not signed"):
        get({"uri": origin.uri, "commit_verification_keys": [stranger.public_key]})


@signed
def test_what_is_no_key_is_a_failure(origin: Repo, get: Get) -> None:
    origin.commit()
    with pytest.raises(ResourceError, match="Invalid GPG key in: abcd"):
        get({"uri": origin.uri, "commit_verification_keys": ["abcd"]})


# Keys from a server


@contextmanager
def keyserver(*signers: Signer) -> Iterator[str]:
    """A server that gives the keys of *signers* by their ids; its address."""
    keys = {one.key_id[-16:]: one.public_key.encode() for one in signers}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = [key for key_id, key in keys.items() if key_id in self.path.upper()]
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/pgp-keys")
            self.end_headers()
            self.wfile.write(b"".join(found))

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"hkp://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.peers("gpg", "gpg-agent", "dirmngr")
def test_finds_keys_by_their_ids(origin: Repo, get: Get, signer: Signer, stranger: Signer) -> None:
    ref = signer.commit(origin)
    with keyserver(signer) as address:
        source = {"uri": origin.uri, "gpg_keyserver": address}
        got = get({**source, "commit_verification_key_ids": [signer.key_id]}, into="signed")
        assert got.repo.head == ref
        for number, key_id in enumerate((stranger.key_id, "abcd", "--help")):
            with pytest.raises(ResourceError, match=f"gives no GPG key {key_id}"):
                get({**source, "commit_verification_key_ids": [key_id]}, into=f"{number}")


@signed
def test_no_daemon_of_gnupg_is_left_behind(
    origin: Repo, get: Get, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer.commit(origin)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        get({"uri": origin.uri, "commit_verification_keys": [signer.public_key]})
        deadline = time.monotonic() + 20  # it was told to end, and does so a moment later
        while daemons(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert daemons(folder) == []


def daemons(folder: str) -> list[str]:
    """The daemons of GnuPG that keep something below *folder*."""
    listed = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout
    names = ("gpg-agent", "dirmngr", "keyboxd")
    return [line for line in listed.splitlines() if line.startswith(names) and folder in line]


@signed
@pytest.mark.parametrize("length", range(48, 112, 8))
def test_a_temporary_folder_may_have_any_name(
    origin: Repo, get: Get, signer: Signer, *, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sockets of GnuPG's daemons lie there, whose names may have 107 bytes."""
    ref = signer.commit(origin)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        long = Path(folder, "x" * (length - len(folder) - 1))
        long.mkdir()
        monkeypatch.setenv("TMPDIR", str(long))
        got = get({"uri": origin.uri, "commit_verification_keys": [signer.public_key]})
    assert got.repo.head == ref


# git-crypt


@pytest.fixture
def locked(origin: Repo, tmp_path: Path) -> tuple[Repo, str]:
    """A repository with a secret that git-crypt has encrypted, and the key."""
    origin.git("crypt", "init")
    origin.git("crypt", "export-key", str(tmp_path / "key"))
    origin.commit(file=".gitattributes", content="secrets.txt filter=git-crypt diff=git-crypt\n")
    origin.commit(file="secrets.txt", content="secret\n")
    assert (
        b"GITCRYPT"
        in subprocess.run(
            ["git", "-C", origin.path, "cat-file", "blob", "HEAD:secrets.txt"],
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    )
    return origin, b64encode((tmp_path / "key").read_bytes()).decode()


@pytest.mark.peers("git-crypt")
@pytest.mark.parametrize("depth", [0, 1])
def test_decrypts_files_with_the_key(locked: tuple[Repo, str], get: Get, depth: int) -> None:
    repo, key = locked
    source = {"uri": repo.uri, "git_crypt_key": key}
    got = get(source, depth=depth)
    assert (got.repo.path / "secrets.txt").read_text() == "secret\n"
    assert "unlocking git repo\n" in got.stderr
    assert got.repo.git("status", "--porcelain") == ""


@pytest.mark.peers("git-crypt")
def test_the_key_may_have_lines_or_spaces(locked: tuple[Repo, str], get: Get) -> None:
    repo, key = locked
    for number, between in enumerate(("\n", " ")):
        lines = between.join(key[start : start + 76] for start in range(0, len(key), 76))
        got = get({"uri": repo.uri, "git_crypt_key": lines}, into=f"{number}")
        assert (got.repo.path / "secrets.txt").read_text() == "secret\n"


@pytest.mark.peers("git-crypt")
def test_without_the_key_files_stay_encrypted(locked: tuple[Repo, str], get: Get) -> None:
    repo, _ = locked
    got = get({"uri": repo.uri})
    assert (got.repo.path / "secrets.txt").read_bytes().startswith(b"\0GITCRYPT")


@pytest.mark.peers("git-crypt")
@pytest.mark.parametrize(
    ("key", "message"), [("no key!", "expected base64"), ("bm8ga2V5", "git-crypt unlock: exit")]
)
def test_what_is_no_key_of_the_repository_is_a_failure(
    locked: tuple[Repo, str], get: Get, key: str, message: str
) -> None:
    with pytest.raises(ResourceError, match=message):
        get({"uri": locked[0].uri, "git_crypt_key": key})


@pytest.mark.peers("git-crypt")
def test_no_file_that_was_needed_on_the_way_holds_the_key(
    locked: tuple[Repo, str], get: Get, tmp_path: Path, home: Path
) -> None:
    repo, key = locked
    get({"uri": repo.uri, "git_crypt_key": key})
    for folder in (tmp_path / "tmp", home):
        assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"git_crypt_key": "a2V5"}, "git-crypt is not installed"),
        ({"commit_verification_keys": ["x"]}, "gpg is not installed"),
    ],
)
def test_says_which_program_is_missing(  # noqa: PLR0917  (fixtures)
    origin: Repo, get: Get, monkeypatch: pytest.MonkeyPatch, source: dict[str, object], message: str
) -> None:
    programs = origin.path.parent / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(ResourceError, match=message):
        get({"uri": origin.uri, **source})
