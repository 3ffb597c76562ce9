"""What is known of peers: shown with the peer itself, so that a version in which it is mended is noticed."""

from __future__ import annotations

import threading
import time
from typing import Any

from pydicom.dataset import FileMetaDataset
from pynetdicom import AE

from tests.dicom.made import CT, ROOT, made
from tests.pacs.conftest import HOST, House

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"


class HeldUp(threading.Event):
    """The checkpoint of pynetdicom's reactor, which is held up behind it, once, until an answer has come."""

    def __init__(self, association: Any) -> None:
        super().__init__()
        self.set()
        self.past = threading.Event()
        self._answers = association.dimse.msg_queue

    def wait(self, timeout: float | None = None) -> bool:
        through = super().wait(timeout)
        if not self.past.is_set():
            self.past.set()
            end = time.monotonic() + 5
            while self._answers.empty() and time.monotonic() < end:
                time.sleep(0.001)
        return through


def test_pynetdicom_as_a_client_may_take_an_answer_from_itself(house: House) -> None:
    """Its reactor, held up between pause and look, takes the response: the store was done, and the caller times out."""
    ae = AE("ADMIN")
    ae.add_requested_context(CT, [EXPLICIT_LITTLE])
    ae.dimse_timeout = 0.3
    association = ae.associate(HOST, house.port, ae_title="PACS")
    assert association.is_established
    look, looked = association.dimse.get_msg, threading.Event()

    def get_msg(block: bool = False) -> Any:
        if block:  # the caller, who comes to the queue a moment after the reactor
            assert looked.wait(5)
            return look(block=True)
        found = look(block=False)
        if found[1] is not None:
            looked.set()
        return found

    association.dimse.get_msg = get_msg
    checkpoint = association._reactor_checkpoint = HeldUp(association)
    assert checkpoint.past.wait(5)
    instance = made(f"{ROOT}.1.1.1").dataset()
    instance.file_meta = FileMetaDataset()
    instance.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE
    assert "Status" not in association.send_c_store(instance)
    assert association.is_aborted
    [event] = house.events("dicom.operation")
    assert (event.data["service"], event.data["status"]) == ("C-STORE", "0000")
