import hashlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest

from sqnc.runtimes import RuntimeUnavailable
from sqnc.runtimes.endpoint import Endpoint, find_endpoint


def _context(home: Path, name: str, engine: object) -> Path:
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": engine}}))
    return home / ".docker" / "contexts" / "tls" / folder.name / "docker"


def _choose(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_docker_host_wins_over_the_context(tmp_path: Path) -> None:
    _context(tmp_path, "far", {"Host": "tcp://far:2375"})
    _choose(tmp_path, "far")
    found = find_endpoint({"HOME": str(tmp_path), "DOCKER_HOST": "unix:///else.sock"})
    assert found.url == "unix:///else.sock"
    assert found.source == "DOCKER_HOST"


def test_the_current_context_of_the_cli_is_followed(tmp_path: Path) -> None:
    _context(tmp_path, "far", {"Host": "tcp://far:2375"})
    _choose(tmp_path, "far")
    assert find_endpoint({"HOME": str(tmp_path)}).url == "tcp://far:2375"


def test_docker_context_wins_over_the_current_one(tmp_path: Path) -> None:
    _context(tmp_path, "far", {"Host": "tcp://far:2375"})
    _context(tmp_path, "near", {"Host": "unix:///near.sock"})
    _choose(tmp_path, "far")
    assert find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "near"}).url == "unix:///near.sock"


def test_a_context_brings_its_certificates(tmp_path: Path) -> None:
    tls = _context(tmp_path, "safe", {"Host": "tcp://safe:2376", "SkipTLSVerify": True})
    tls.mkdir(parents=True)
    found = find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "safe"})
    assert found.tls == str(tls)
    assert not found.verify


def test_certificates_go_with_docker_host_only_when_tls_is_on() -> None:
    env = {"DOCKER_HOST": "tcp://h:2376", "DOCKER_CERT_PATH": "/certs"}
    assert find_endpoint(env).tls == ""
    assert find_endpoint(env | {"DOCKER_TLS_VERIFY": "1"}).tls == "/certs"


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"context 'gone' cannot be read .*`docker context ls`"):
        find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "gone"})


def test_a_broken_config_file_is_passed_over_as_the_cli_does(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("[")
    with pytest.raises(RuntimeUnavailable):
        find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "x"})


def test_a_users_own_socket_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path has room for 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("docker.sock")
        env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "."}
        expected = {
            "unix://./docker.sock",
            "unix:///var/run/docker.sock",
        }  # the second where this machine has one
        assert find_endpoint(env).url in expected


def test_an_endpoint_survives_being_written_down() -> None:
    endpoint = Endpoint("tcp://h:1", "/tls", verify=False, source="x")
    assert Endpoint.parse(endpoint.dump()) == endpoint


def test_a_socket_without_an_engine_says_so() -> None:
    with pytest.raises(RuntimeUnavailable, match=r"no container engine answers at unix:.*No such file"):
        Endpoint("unix:///nowhere/none.sock").ping(timeout_s=1)


def test_an_engine_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        started = time.monotonic()
        with pytest.raises(RuntimeUnavailable, match="timed out"):
            Endpoint(f"tcp://127.0.0.1:{server.getsockname()[1]}").ping(timeout_s=0.2)
        assert time.monotonic() - started < 5


def test_what_does_not_speak_http_is_no_engine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"SSH-2.0\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(RuntimeUnavailable, match="does not speak HTTP"):
            Endpoint(f"tcp://127.0.0.1:{server.getsockname()[1]}").ping(timeout_s=5)
        thread.join()
