"""What fuzzing has found once: bytes that must be refused, or shown as they are."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dicom import negotiation
from simlab.dicom.scan import IMPLICIT_LITTLE
from simlab.dicom.upper_layer import BadPdu
from simlab.dicom.values import as_values, decode_dataset


def test_a_number_that_is_none_is_shown_as_text() -> None:
    """An Instance Number of rubbish is shown, not tripped over."""
    encoded = struct.pack("<HHL", 0x0020, 0x0013, 2) + b"\x92 "
    assert as_values(decode_dataset(encoded, IMPLICIT_LITTLE))["InstanceNumber"]


def test_half_a_presentation_context_is_refused() -> None:
    """A context without an abstract syntax makes a bad PDU, which is answered by an abort."""
    transfer = b"\x40\x00" + struct.pack(">H", 17) + b"1.2.840.10008.1.2"
    context = b"\x20\x00" + struct.pack(">H", 4 + len(transfer)) + b"\x01\x00\x00\x00" + transfer
    application = b"\x10\x00" + struct.pack(">H", 21) + b"1.2.840.10008.3.1.1.1"
    body = struct.pack(">H2x16s16s32x", 1, b"PACS".ljust(16), b"ADMIN".ljust(16)) + application + context
    with pytest.raises(BadPdu):
        negotiation.read_proposal(body)


@given(st.binary(max_size=200))
def test_any_bytes_for_an_association_request(body: bytes) -> None:
    """Bytes of any kind are a proposal, or a bad PDU."""
    head = struct.pack(">H2x16s16s32x", 1, b"PACS".ljust(16), b"ADMIN".ljust(16))
    with contextlib.suppress(BadPdu):
        negotiation.read_proposal(head + body)
