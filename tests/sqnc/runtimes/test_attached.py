import itertools
import os
import socket
import ssl
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc.runtimes.docker.attached import AttachedStream, Frames, TlsConnection

_FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=50)), max_size=20)


def _wire(frames: list[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack(">BxxxL", kind, len(data)) + data for kind, data in frames)


@given(frames=_FRAMES, cuts=st.lists(st.integers(0, 2000), max_size=30))
def test_frames_are_sorted_wherever_the_connection_cuts_them(
    frames: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    wire, sorter, out = _wire(frames), Frames(), b""
    places = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
    for start, end in itertools.pairwise(places):
        out += sorter.feed(wire[start:end])
    assert out == b"".join(data for kind, data in frames if kind == 1)
    assert sorter.stderr == b"".join(data for kind, data in frames if kind == 2)


def test_of_standard_error_the_last_64_kib_are_kept() -> None:
    sorter = Frames()
    for number in range(20):
        sorter.feed(_wire([(2, bytes([number]) * 10_000)]))
    assert len(sorter.stderr) == 64 * 1024
    assert sorter.stderr.endswith(bytes([19]) * 10_000)


def test_a_read_returns_no_more_than_it_was_asked_for() -> None:
    ours, theirs = socket.socketpair()
    stream = AttachedStream(ours)
    with theirs:
        theirs.sendall(_wire([(1, b"abc"), (2, b"x"), (1, b"def")]))
        assert stream.read(2) == b"ab"
        rest = b""
        while len(rest) < 4:
            rest += stream.read(100)
        assert rest == b"cdef"
    assert stream.read(1) == b""
    stream.close()


def test_a_connection_that_is_reset_reads_as_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        stream = AttachedStream(ours)
        assert stream.read(10) == b""
        stream.close()
        stream.close()


@pytest.mark.peers("openssl")  # makes the certificate
def test_over_tls_one_thread_reads_while_another_writes(tmp_path: Path) -> None:
    server, client = _tls_contexts(tmp_path)
    ours, theirs = socket.socketpair()
    sent = os.urandom(8_000_000)

    def echo() -> None:
        with server.wrap_socket(theirs, server_side=True) as end:
            left = len(sent)
            while left:
                chunk = end.recv(65536)
                left -= len(chunk)
                end.sendall(_wire([(1, chunk)]))

    with ThreadPoolExecutor() as threads:
        echoing = threads.submit(echo)
        stream = AttachedStream(TlsConnection(client.wrap_socket(ours)))
        writing = threads.submit(stream.write, sent)
        received = bytearray()
        while len(received) < len(sent):
            received += stream.read(1 << 20)
        writing.result()
        echoing.result()
        stream.close()
    assert received == sent


def _tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1"]
    subprocess.run([*make, "-keyout", key, "-out", cert], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cert)
    return server, client
