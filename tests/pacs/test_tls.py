"""The TLS door of the PACS, with DCMTK and openssl as clients."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from simlab import certificates, tls
from simlab.department.pacs.settings import DEFAULTS
from simlab.dicom import client
from simlab.dicom.upper_layer import TlsFailed
from simlab.faults import Fault
from tests.pacs.conftest import HOST, House
from tests.tools import need


@dataclass
class Secured:
    """The house with a TLS door beside the plain one."""

    house: House
    folder: Path
    port: int

    def echo(self, certificate: str | None = "client") -> str:
        peer = client.Peer("PACS", HOST, self.port, tls.client_context(self.folder, certificate))
        return client.echo(peer, "ADMIN")

    def dcmtk(self, *options: str, trust: str = "ca") -> str:
        keys = ("+tls", str(self.folder / "client.key"), str(self.folder / "client.pem"))
        options = ("-d", "-aec", "PACS", *keys, "+cf", str(self.folder / f"{trust}.pem"), *options)
        return self.house.dcmtk("echoscu", port=self.port, options=options)


@pytest.fixture
def secured(house: House, tmp_path: Path) -> Iterator[Secured]:
    folder = tmp_path / "tls"
    certificates.make(folder)
    yield Secured(house, folder, house.pacs.open_tls(HOST, 0))


@pytest.mark.parametrize("profile", ["+py", "+px", "+pz"])
def test_dcmtk_echoes_over_tls(secured: Secured, profile: str) -> None:
    """DCMTK's BCP 195 profiles, non-downgrading and extended ones too, reach the PACS."""
    assert "Received Echo Response (Success)" in secured.dcmtk(profile)
    event = secured.house.events("dicom.association")[-1]
    assert event.data["tls"]["version"] in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_speaks_either_version(secured: Secured, version: str) -> None:
    """openssl connects with TLS 1.2 and with 1.3, and trusts what it is shown."""
    assert "Verify return code: 0 (ok)" in openssl(secured, version)


@pytest.mark.parametrize("options", [("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA")])
def test_weak_ways_are_refused(secured: Secured, options: tuple[str, ...]) -> None:
    """TLS 1.1, and suites without forward secrecy, find no way in."""
    assert "Cipher is (NONE)" in openssl(secured, *options)


def openssl(secured: Secured, *options: str) -> str:
    done = subprocess.run(
        [need("openssl"), "s_client", "-connect", f"{HOST}:{secured.port}", "-CAfile", "ca.pem", *options],
        input=b"",
        capture_output=True,
        timeout=30,
        cwd=secured.folder,
        check=False,
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def test_plain_door_stays_open(secured: Secured) -> None:
    """The plain port next to it serves as before."""
    assert client.echo(secured.house.peer, "ADMIN") == "0000"


def test_own_client_speaks_tls(secured: Secured) -> None:
    """SimLab's own client verifies the PACS and echoes."""
    assert secured.echo() == "0000"


def test_untrusted_certificate_is_refused_by_the_client(secured: Secured) -> None:
    """A certificate that the CA never signed is refused, with the reason in words."""
    secured.house.pacs.configure(certificate="untrusted")
    with pytest.raises(TlsFailed, match="the certificate is not accepted: self-signed certificate"):
        secured.echo()


def test_expired_certificate_is_a_fault_and_mended(secured: Secured) -> None:
    """An expired certificate fails both clients and says so in the log; the renewed one is trusted again."""
    secured.house.faults.declare([Fault(id="old", point="state", system="PACS", effect={"certificate": "expired"})])
    with pytest.raises(TlsFailed, match="certificate has expired"):
        secured.echo()
    assert "certificate verify failed" in secured.dcmtk()
    assert "our certificate has expired" in secured.house.events("noise")[0].summary
    secured.house.pacs.configure(certificate="renewed")
    assert secured.echo() == "0000"
    assert "Received Echo Response (Success)" in secured.dcmtk()


def test_mutual_authentication_is_a_switch(secured: Secured) -> None:
    """With `tls_mutual` a client must show a certificate of the CA; its name stands in the log."""
    assert secured.echo(None) == "0000"
    secured.house.pacs.configure(tls_mutual=True)
    assert secured.echo("client") == "0000"
    assert secured.house.events("dicom.association")[-1].data["tls"]["subject"] == "SimLab workstation"
    for shown in (None, "client-expired", "untrusted"):
        with pytest.raises((TlsFailed, client.Unreachable)):
            secured.echo(shown)


def test_stalled_handshakes_keep_nobody_waiting(secured: Secured) -> None:
    """Ten clients that connect and say nothing do not delay the next one, nor the plain door."""
    socks = [socket.create_connection((HOST, secured.port)) for _ in range(10)]
    try:
        begun = time.monotonic()
        assert secured.echo() == "0000"
        assert client.echo(secured.house.peer, "ADMIN") == "0000"
        assert time.monotonic() - begun < 2
    finally:
        for sock in socks:
            sock.close()


def test_plain_dicom_at_the_tls_door_is_noise(secured: Secured) -> None:
    """A client that forgot TLS is told nothing, and the log says what it was."""
    with pytest.raises((client.Unreachable, client.BadPdu)):
        client.echo(replace(secured.house.peer, port=secured.port), "ADMIN")
    assert "does not speak TLS" in secured.house.events("noise")[0].summary


def test_certificates_are_private_and_complete(secured: Secured) -> None:
    """Keys are readable by their owner only, and the PACS's own choice is one of the certificates."""
    keys = list(secured.folder.glob("*.key"))
    assert len(keys) == len(certificates.CERTIFICATES) + 1
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)
    assert certificates.present(secured.folder)
    assert DEFAULTS["certificate"] in certificates.CERTIFICATES
    assert ssl.create_default_context(cafile=str(secured.folder / "ca.pem")).cert_store_stats()["x509_ca"] >= 1
