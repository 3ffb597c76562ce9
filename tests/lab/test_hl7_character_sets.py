"""Messages in other character sets, sent as the bytes they are, through the engine into the RIS."""

from __future__ import annotations

import base64

import pytest

from simlab.errors import SimlabError
from simlab.lab.lab import Lab
from tests.lab.test_tls_doors import do, rows

HEAD = "MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302||ADT^A28^ADT_A05|{number}|P|2.5.1||||||{charset}\r"
REST = "EVN||20260302\rPID|||{number}^^^RXX01^MR||{name}^ANN||19700101|F\rPV1||N\r"


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("8859/1", "latin-1", "JÖRG"),
        ("ASCII~ISO IR87", "iso2022_jp", "乱馬"),
        ("GB 18030-2000", "gb18030", "王東"),
        ("KS X 1001", "euc_kr", "홍"),
    ],
)
def test_a_name_in_any_set_reaches_the_ris(lab: Lab, charset: str, codec: str, name: str) -> None:
    """The engine passes on the bytes, 乱's | among them, and the RIS files the name that was meant."""
    data = (HEAD + REST).format(number="9700001", charset=charset, name=name).encode(codec)
    assert do(lab, "hl7.send", encoded=base64.b64encode(data).decode(), to="ADT")["ack"] == "AA"
    lab.settle()
    [found] = [one for one in rows(lab, "ris.patients") if "9700001" in str(one)]
    assert name in str(found)


def test_what_is_no_base64_is_refused(lab: Lab) -> None:
    """With a place and a remedy."""
    with pytest.raises((SimlabError, AssertionError), match="base64"):
        do(lab, "hl7.send", encoded="MSH|", to="ADT")
