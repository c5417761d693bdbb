"""Whether what is sent to an address is heard by others: whether it is plain, how private the host is, and who answers
without a proof that they are it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from urllib.parse import urlsplit

__all__ = ["distrust", "exposed"]

PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "private", "lan", "home", "corp", "home.arpa", "test")
"""Domains that the Internet does not have."""


async def exposed(url: str, *, proxied: bool, patience: float) -> bool:
    """Whether requests to an address go over other networks than private ones without TLS.

    A name that does not say it is looked up, as the request will look it up, unless only a proxy has to know it; one
    that nobody knows is not exposed.

    Args:
        url: the address.
        proxied: whether a proxy is asked to connect.
        patience: seconds for which a name server may be waited for.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "http" or not host or _private_by_name(host):
        return False
    if _is_address(host) or proxied:
        return _is_public(host)
    with contextlib.suppress(OSError, ValueError):
        async with asyncio.timeout(max(patience, 0)):
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        return any(_is_public(str(each[4][0])) for each in found)
    return False


def distrust(error: BaseException) -> str | None:
    """What is wrong with the certificate that a handshake ended with, and what to do; None for any other error."""
    error = getattr(error, "certificate_error", error)  # aiohttp's
    if not isinstance(error, ssl.SSLCertVerificationError):
        return None
    said = " ".join(str(error.verify_message).split()).rstrip(".")
    if error.verify_code in (9, 10):
        todo = "have it renewed, or set this machine's clock"
    elif error.verify_code in (62, 64):
        todo = "it is another host's: let base_url have the name that is in the certificate"
    else:
        todo = "nobody whom this machine trusts has signed it: let cafile name the file of the authority that did"
    return f"its certificate is refused ({said}); {todo}"


def _private_by_name(host: str) -> bool:
    if "." not in host and ":" not in host and not host[0].isdigit():  # 134744072 is 8.8.8.8
        return True  # a machine of the same network, or a container
    return any(host == name or host.endswith(f".{name}") for name in PRIVATE_NAMES)


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False


def _is_public(text: str) -> bool:
    """Whether an address is neither of this machine nor of a private network."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text.partition("%")[0])
        return (getattr(address, "ipv4_mapped", None) or address).is_global
    return False
