"""What listens at an address, looked at without the driver: the name, the connection, TLS and its certificate."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Found", "looked_at"]

SECONDS = 5.0
ASIDE = 1.5
"""Seconds for asking whether TLS is spoken where http is asked for: who speaks none may just wait."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there.

    Attributes:
        address: `host:port`, and what the name stands for.
        down: why nothing can be reached; None if something listens.
        tls: the version of TLS, and whose certificate it is; None for a plain connection.
        tls_failure: why no TLS that can be trusted is spoken.
        days: for how many more days the certificate is valid.
        mixed_up: the scheme that should be in the address instead.
        local: whether it is on this machine.
    """

    address: str
    down: str | None = None
    tls: str | None = None
    tls_failure: str | None = None
    days: float | None = None
    mixed_up: str | None = None
    local: bool = False


def looked_at(url: str, cafile: str | None) -> Found:
    """Connect to an address once, or twice where TLS may be what is wrong.

    Args:
        url: an http(s) address.
        cafile: whom to trust, as the driver does.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        with socket.create_connection((host, port), SECONDS) as connection:
            peer = str(connection.getpeername()[0])
    except OSError as error:
        why = f"no name server knows {host}" if isinstance(error, socket.gaierror) else error.strerror or str(error)
        return Found(f"{host}:{port}", down=why)
    address = f"{host}:{port}" if peer == host else f"{host}:{port} ({peer})"
    local = peer == "::1" or peer.startswith("127.")
    if not secure:
        speaks = _handshake(host, port, _trusting_everybody(), ASIDE)
        return Found(address, mixed_up=None if isinstance(speaks, Exception) else "https", local=local)
    shaken = _handshake(host, port, ssl.create_default_context(cafile=cafile), SECONDS)
    if isinstance(shaken, ssl.SSLCertVerificationError):
        return Found(address, tls_failure=f"its certificate is refused: {shaken.verify_message}", local=local)
    if isinstance(shaken, Exception):
        # What answers a plain request speaks HTTP there.
        mixed_up = "http" if _speaks_http(host, port) else None
        return Found(address, tls_failure=f"no TLS is spoken there ({_words(shaken)})", mixed_up=mixed_up, local=local)
    version, certificate = shaken
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    of = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed authority"
    return Found(address, tls=f"{version}, a certificate of {of}", days=days, local=local)


def _handshake(host: str, port: int, context: ssl.SSLContext, seconds: float) -> tuple[str, dict[str, Any]] | Exception:
    try:
        with (
            socket.create_connection((host, port), seconds) as connection,
            context.wrap_socket(connection, server_hostname=host) as shaken,
        ):
            return shaken.version() or "TLS", dict(shaken.getpeercert() or {})
    except (OSError, ValueError) as error:
        return error


def _trusting_everybody() -> ssl.SSLContext:
    """Only for asking whether TLS is spoken: nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _speaks_http(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), SECONDS) as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: " + host.encode("idna") + b"\r\nConnection: close\r\n\r\n")
        return connection.recv(5) == b"HTTP/"
    return False


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer to the handshake within {SECONDS:g} s"
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return str(reason).replace("_", " ").lower()
