"""Makes the lab's own certificates: a test CA and what it signs, for practice and for nothing else."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simlab.errors import Unavailable

CA = "ca"
CERTIFICATES = {
    "server": "what a system shows at its TLS door",
    "renewed": "the same, issued later: what an expired one is replaced by",
    "expired": "the same, run out a month ago",
    "untrusted": "a server certificate that the test CA never signed",
    "client": "what a workstation, a modality, or the PACS where it calls, shows where both sides must",
    "client-expired": "the same, run out a month ago",
}
"""Every certificate beside the CA's, by the name of its files (``NAME.pem``, ``NAME.key``)."""

_DAYS = 3650
_EXPIRED_DAYS = 30


def present(folder: Path) -> bool:
    """Whether every certificate is there."""
    names = (CA, *CERTIFICATES)
    return all((folder / f"{name}.pem").is_file() for name in names)


def make(folder: Path) -> list[Path]:
    """Make the CA and all certificates anew in `folder`, and give the files; Unavailable when it cannot be written.

    Keys are on the curve P-256 and readable by their owner only. Validity counts from the computer's clock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _make(folder)
    except OSError as error:
        raise Unavailable(
            f"certificates cannot be written ({error.strerror})",
            place=str(folder),
            remedy="Choose a folder of your own with --home or SIMLAB_HOME.",
        ) from error


def _make(folder: Path) -> list[Path]:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("SimLab test CA", ca_key, ca_key, None, server=False)
    written = _write(folder, CA, ca, ca_key)
    for name in CERTIFICATES:
        server = not name.startswith("client")
        key = ec.generate_private_key(ec.SECP256R1())
        title = "SimLab department" if server else "SimLab workstation"
        signer, issuer = (key, None) if name == "untrusted" else (ca_key, ca)
        made = _certificate(title, key, signer, issuer, server=server, expired="expired" in name)
        written += _write(folder, name, made, key)
    return written


def _name(title: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SimLab, not a real hospital"),
            x509.NameAttribute(NameOID.COMMON_NAME, title),
        ]
    )


def _certificate(
    title: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    *,
    server: bool,
    expired: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    begin = now - timedelta(days=365 + _EXPIRED_DAYS if expired else 1)
    end = now - timedelta(days=_EXPIRED_DAYS) if expired else now + timedelta(days=_DAYS)
    is_ca = title.endswith("CA")
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(title))
        .issuer_name(issuer.subject if issuer else _name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_ca:
        here: list[x509.GeneralName] = [x509.DNSName("localhost")]
        here += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
        builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _write(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> list[Path]:
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, content, mode in (
        (public, certificate.public_bytes(serialization.Encoding.PEM), 0o644),
        (private, secret, 0o600),
    ):
        aside = path.with_suffix(path.suffix + ".new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
        aside.replace(path)
    return [public, private]
