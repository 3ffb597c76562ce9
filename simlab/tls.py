"""TLS by the BCP 195 profiles (PS3.15 B.9, B.10), for DICOM and MLLP: contexts of a folder of certificates.

TLS 1.2 and 1.3; of TLS 1.2 only suites with forward secrecy and authenticated encryption.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from simlab.errors import Unavailable

CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
)
"""Suites of TLS 1.2 by OpenSSL's names (RFC 9325 4.2); those of TLS 1.3 are all as strong."""


def server_context(folder: Path, certificate: str, *, mutual: bool = False) -> ssl.SSLContext:
    """What a server shows and asks for: the certificate ``NAME.pem`` of `folder`; a client's too when `mutual`.

    Raises Unavailable when the files are missing or damaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _strengthen(context)
    _load(context, folder, certificate)
    if mutual:
        _trust(context, folder)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(folder: Path, certificate: str | None = "client") -> ssl.SSLContext:
    """What a client trusts (the CA of `folder`), and the certificate that it shows when it is asked for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _strengthen(context)
    _trust(context, folder)
    if certificate:
        _load(context, folder, certificate)
    return context


def _strengthen(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(CIPHERS))
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION


def _load(context: ssl.SSLContext, folder: Path, name: str) -> None:
    try:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    except OSError as error:  # SSLError is one
        raise _unusable(folder / f"{name}.pem", error) from error


def _trust(context: ssl.SSLContext, folder: Path) -> None:
    try:
        context.load_verify_locations(folder / "ca.pem")
    except OSError as error:
        raise _unusable(folder / "ca.pem", error) from error


def _unusable(path: Path, error: OSError) -> Unavailable:
    why = error.strerror or str(error)
    return Unavailable(f"the certificate cannot be used ({why})", place=str(path), remedy="`simlab tls make` makes it.")


def reason(error: OSError) -> str:
    """Why a handshake failed, in words that a person can act on."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return _REASONS.get(error.reason or "", (error.reason or str(error)).replace("_", " ").lower())
    return str(error)


_REASONS = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer showed no certificate, and one is due here",
    "NO_SHARED_CIPHER": "no cipher suite in common",
    "UNSUPPORTED_PROTOCOL": "the peer speaks an older TLS than 1.2",
    "WRONG_VERSION_NUMBER": "the other side does not speak TLS",
    "HTTP_REQUEST": "the other side does not speak TLS",
    "TLSV1_ALERT_UNKNOWN_CA": "the peer does not trust who signed our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the peer says that our certificate has expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the peer does not accept our certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the peer wants to see a certificate of ours",
}
"""OpenSSL's words for what commonly goes wrong."""
