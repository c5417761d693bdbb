"""Certificates for the tests, made as they are needed: of an authority, for a name, or of nobody's."""

from __future__ import annotations

import inspect
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority", "serving"]


@dataclass(frozen=True)
class Authority:
    """An authority whose certificate is in `file`; each instance is another one."""

    file: Path

    def __post_init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("an authority of the tests")
        builder = _builder(name, name, key.public_key()).add_extension(x509.BasicConstraints(True, 0), critical=True)
        # Python 3.13 refuses an authority that may not sign, or whose key has no name (RFC 5280, 4.2.1.2 and 4.2.1.3).
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        may = dict.fromkeys(inspect.signature(x509.KeyUsage).parameters, False) | {"key_cert_sign": True}
        builder = builder.add_extension(own, critical=False).add_extension(x509.KeyUsage(**may), critical=True)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_name", name)
        self.file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certify(self, host: str, file: Path, *, days: float = 5) -> Path:
        """A certificate for a host, with its key, in a file."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)]
        builder = _builder(_name(host), self._name, key.public_key(), days)  # type: ignore[attr-defined]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        # Python 3.13 refuses what does not name the key that signed it (RFC 5280, 4.2.1.1).
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())  # type: ignore[attr-defined]
        builder = builder.add_extension(signer, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())  # type: ignore[attr-defined]
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return file


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: float = 5
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
    )


def serving(certificate: Path) -> ssl.SSLContext:
    """What a server with this certificate takes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
