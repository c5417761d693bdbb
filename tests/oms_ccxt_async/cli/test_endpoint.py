"""`oms_ccxt_async.cli.endpoint`: what listens at an address."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oms_ccxt_async.cli.endpoint import looked_at


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost for ten days, with its key, that only who is told so trusts."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*request, *names, "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@contextmanager
def listening(certificate: Path | None, answer: bytes = b"HTTP/1.1 400 Bad Request\r\n\r\n") -> Iterator[int]:
    """A server that answers every connection, over TLS if it has a certificate."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.settimeout(5)
                        if context is not None:
                            connection = context.wrap_socket(connection, server_side=True)
                        with connection:
                            if connection.recv(1000):
                                connection.sendall(answer)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_nothing_listens() -> None:
    """A port where nothing is, and a name that nobody knows, are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "refused" in str(looked_at(f"http://127.0.0.1:{port}", None).down)
    assert "no name server knows nosuch.invalid" in str(looked_at("http://nosuch.invalid:1", None).down)


def test_a_plain_server() -> None:
    """HTTP on this machine is as it should be; https in front of its address is mixed up."""
    with listening(None) as port:
        found = looked_at(f"http://127.0.0.1:{port}", None)
        assert (found.down, found.tls, found.mixed_up, found.local) == (None, None, None, True)
        found = looked_at(f"https://127.0.0.1:{port}", None)
        assert found.mixed_up == "http"
        assert "no TLS is spoken" in str(found.tls_failure)


def test_something_that_speaks_neither() -> None:
    """A server that speaks no HTTP is not called a plain one."""
    with listening(None, b"SSH-2.0-OpenSSH\r\n") as port:
        found = looked_at(f"https://127.0.0.1:{port}", None)
        assert found.mixed_up is None
        assert found.tls_failure


def test_tls(certificate: Path) -> None:
    """Whose certificate it is and how long it lasts; who does not trust it, and who says http, is told."""
    with listening(certificate) as port:
        found = looked_at(f"https://localhost:{port}", str(certificate.with_suffix(".crt")))
        assert found.tls is not None
        assert found.tls.startswith("TLSv1")
        assert "localhost" in found.tls
        assert found.days is not None
        assert 9 < found.days <= 10
        assert "self-signed" in str(looked_at(f"https://localhost:{port}", None).tls_failure)
        assert looked_at(f"http://localhost:{port}", None).mixed_up == "https"
