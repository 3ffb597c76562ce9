"""Storage commitment, with pynetdicom as the modality: asked for, looked up, reported, tried again (PS3.4 J)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from simlab.department.pacs import PacsStage, commitment, lanes, notices, reject
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import NotKept
from tests.dicom.made import ROOT, made, the_48
from tests.pacs.conftest import HOST, House

Report = tuple[int, Dataset]


@dataclass
class Scanner:
    """A modality made with pynetdicom: asks on an association, and listens for reports on a port of its own."""

    house: House
    port: int = 0
    reports: list[Report] = field(default_factory=list)
    status: int = 0x0000
    roles: list[Any] = field(default_factory=list)
    come: threading.Event = field(default_factory=threading.Event)

    def hear(self, event: Any) -> tuple[int, None]:
        if self.status == 0:
            self.reports.append((event.request.EventTypeID, event.event_information))
            self.come.set()
        return self.status, None

    def ask(
        self,
        instances: list[Instance],
        *,
        transaction: str = "",
        stay: bool = True,
        action: int = 1,
        calling: str = "CT1",
    ) -> tuple[int, str]:
        """N-ACTION; gives its status and the transaction UID. With `stay` the association waits for the report."""
        ae = AE(calling)
        ae.add_requested_context(StorageCommitmentPushModel)
        uid = transaction or generate_uid()
        request = Dataset()
        request.TransactionUID = uid
        request.ReferencedSOPSequence = []
        for instance in instances:
            item = Dataset()
            item.ReferencedSOPClassUID = instance.header().sop_class_uid
            item.ReferencedSOPInstanceUID = instance.header().sop_instance_uid
            request.ReferencedSOPSequence.append(item)
        handlers = [(evt.EVT_N_EVENT_REPORT, self.hear)]
        association = ae.associate(HOST, self.house.port, ae_title="PACS", evt_handlers=handlers)
        assert association.is_established
        status, _ = association.send_n_action(
            request, action, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        if stay:
            assert self.come.wait(5)
            self.waits(lambda: all(row["state"] != "held" for row in self.house.view("commitments")))
        association.release()
        return status.Status, uid

    def waits(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 8
        while not condition():
            assert time.monotonic() < end, self.house.view("commitments")
            time.sleep(0.01)


@pytest.fixture
def scanner(house: House) -> Iterator[Scanner]:
    made = Scanner(house)
    ae = AE("CT1")
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)

    def accepted(event: Any) -> None:
        made.roles.append([(context.as_scu, context.as_scp) for context in event.assoc.accepted_contexts])

    server = ae.start_server(
        (HOST, 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, made.hear), (evt.EVT_ESTABLISHED, accepted)]
    )
    made.port = server.socket.getsockname()[1]
    house.pacs.set_peer("CT1", HOST, made.port)
    yield made
    server.shutdown()


def test_all_that_is_held_is_committed_to_on_the_same_association(scanner: Scanner) -> None:
    """N-ACTION 0000, then event 1 with the same transaction UID and every reference."""
    wanted = the_48()[:6]
    scanner.house.pacs.stage(PacsStage(instances=wanted))
    status, uid = scanner.ask(wanted)
    assert status == 0x0000
    ((event, information),) = scanner.reports
    assert event == 1 and information.TransactionUID == uid
    assert len(information.ReferencedSOPSequence) == 6 and "FailedSOPSequence" not in information
    assert information.RetrieveAETitle == "PACS"
    assert scanner.roles == []
    scanner.waits(lambda: scanner.house.view("commitments", transaction_uid=uid)[0]["state"] == "delivered")
    (row,) = scanner.house.view("commitments")
    assert (row["event"], row["how"]) == (1, "same association")


def test_what_is_not_held_fails_with_its_reason(scanner: Scanner) -> None:
    """Event 2: an unknown instance 0112, one under another class 0119, the rest committed to."""
    wanted = the_48()[:6]
    scanner.house.pacs.stage(PacsStage(instances=wanted[:4]))
    asked = [*wanted[:3], _of_other_class(wanted[3]), *wanted[4:]]
    scanner.ask(asked)
    ((event, information),) = scanner.reports
    assert event == 2
    assert len(information.ReferencedSOPSequence) == 3
    reasons = {item.ReferencedSOPInstanceUID: item.FailureReason for item in information.FailedSOPSequence}
    assert reasons == {
        asked[3].header().sop_instance_uid: 0x0119,
        asked[4].header().sop_instance_uid: 0x0112,
        asked[5].header().sop_instance_uid: 0x0112,
    }
    (row,) = scanner.house.view("commitments")
    assert row["reasons"] == ["0112 no such object instance", "0119 class and instance conflict"]


def test_every_verdict_of_the_table_is_given(scanner: Scanner) -> None:
    """Quarantined, rejected and shown or hidden, a note, disputed, never taken: committed to as the table says."""
    house, uids = scanner.house, {case: f"{ROOT}.{n}" for n, case in enumerate(commitment.VERDICTS, 1)}
    images = {case: made(f"{uid}.1.1", study_uid=uid, series_uid=f"{uid}.1") for case, uid in uids.items()}
    client.store(house.peer, "CT1", [image for case, image in images.items() if case != commitment.UNKNOWN])
    house.pacs.configure(show_quality_rejected=True)
    repairs = house.pacs.repairs
    repairs.quarantine(uids[commitment.QUARANTINED])
    repairs.reject(uids[commitment.SHOWN], "113001")
    note = repairs.reject(uids[commitment.REJECTED], "113037")["note_uid"]
    [other] = client.store(house.peer, "CT1", [made(f"{uids[commitment.DISPUTED]}.1.1", patient_id="ELSE", shade=9)])
    assert other.status == "C111"
    images[commitment.NOTE] = _named(reject.KEY_OBJECT_SELECTION, note)
    images[commitment.OTHER_CLASS] = _of_other_class(images[commitment.OTHER_CLASS])
    scanner.ask(list(images.values()))
    failed = {one.ReferencedSOPInstanceUID: one.FailureReason for one in scanner.reports[0][1].FailedSOPSequence}
    kept = {one.ReferencedSOPInstanceUID for one in scanner.reports[0][1].ReferencedSOPSequence}
    said = {case: failed.get(image.header().sop_instance_uid) for case, image in images.items()}
    assert said == commitment.VERDICTS
    assert {image.header().sop_instance_uid for image in images.values()} == kept | set(failed)


def test_the_dispute_over_a_uid_is_its_senders_alone(scanner: Scanner) -> None:
    """Whoever sent the object that is filed hears that it is kept, while another sender's object of its UID waits."""
    house = scanner.house
    [mine] = images = [made(f"{ROOT}.1.1.1")]
    client.store(house.peer, "CT1", images)
    client.store(house.peer, "ADMIN", [made(f"{ROOT}.1.1.1", patient_id="ELSE", shade=9)])
    scanner.ask([mine])
    assert scanner.reports[0][0] == 1


def test_after_a_release_the_report_comes_on_a_new_association_with_reversed_roles(scanner: Scanner) -> None:
    """The PACS calls the modality, proposes itself as SCP, and reports there."""
    wanted = the_48()[:3]
    scanner.house.pacs.stage(PacsStage(instances=wanted))
    _, uid = scanner.ask(wanted, stay=False)
    scanner.waits(lambda: len(scanner.reports) == 1)
    assert scanner.reports[0][1].TransactionUID == uid
    assert scanner.roles == [[(True, False)]]
    scanner.waits(lambda: scanner.house.view("commitments")[0]["state"] == "delivered")
    assert scanner.house.view("commitments")[0]["how"] == "own association"


def test_the_pacs_can_be_set_to_report_on_its_own_association_alone(scanner: Scanner) -> None:
    """`commitment_same_association` off: the open association hears nothing."""
    scanner.house.pacs.configure(commitment_same_association=False)
    wanted = the_48()[:3]
    scanner.house.pacs.stage(PacsStage(instances=wanted))
    scanner.ask(wanted)
    assert len(scanner.reports) == 1 and scanner.roles == [[(True, False)]]


def test_an_undeliverable_report_is_seen_and_tried_again(scanner: Scanner) -> None:
    """A wrong port: tries are counted, the report is given up, and after the repair it comes on request."""
    house = scanner.house
    house.pacs.configure(retry_seconds=1, transfer_attempts=2)
    house.pacs.set_peer("CT1", HOST, 1)
    _, uid = scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: house.view("commitments")[0]["state"] == "undeliverable")
    row = house.view("commitments")[0]
    assert row["attempts"] == 2 and "refused the TCP connection" in row["error"]
    assert any("commitment report undeliverable to CT1" in event.summary for event in house.events("dicom.operation"))
    house.pacs.set_peer("CT1", HOST, scanner.port)
    house.pacs.resend_report(uid)
    scanner.waits(lambda: len(scanner.reports) == 1)
    assert scanner.reports[0][0] == 2


def test_a_waiting_report_goes_as_soon_as_the_address_is_mended(scanner: Scanner) -> None:
    """Registering the peer's right port does not wait for the next try."""
    house = scanner.house
    house.pacs.configure(retry_seconds=300)
    house.pacs.set_peer("CT1", HOST, 1)
    scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: house.view("commitments")[0]["attempts"] == 1)
    house.pacs.set_peer("CT1", HOST, scanner.port)
    scanner.waits(lambda: len(scanner.reports) == 1)


def test_a_report_to_a_peer_that_was_removed_is_given_up(scanner: Scanner) -> None:
    """What waits for it goes on being tried in the lane of those whom nobody knows, and fails with that reason."""
    house = scanner.house
    house.pacs.configure(retry_seconds=1, transfer_attempts=2)
    house.pacs.set_peer("CT1", HOST, 1)
    scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: house.view("commitments")[0]["attempts"] == 1)
    house.pacs.remove_peer("CT1")
    scanner.waits(lambda: house.view("commitments")[0]["state"] == "undeliverable")
    assert "CT1 is not among the peers" in house.view("commitments")[0]["error"]


def test_a_modality_that_refuses_the_report_hears_it_again(scanner: Scanner) -> None:
    """0110 to the report is no delivery: it comes again until it is taken."""
    scanner.house.pacs.configure(retry_seconds=1)
    scanner.status = 0x0110
    scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: scanner.house.view("commitments")[0]["attempts"] >= 1)
    assert "0110" in scanner.house.view("commitments")[0]["error"]
    scanner.status = 0
    scanner.waits(lambda: len(scanner.reports) == 1)


def test_a_transaction_uid_is_good_for_one_request(scanner: Scanner) -> None:
    """Asking again after a failure under the old transaction UID fails with 0131; a new one succeeds (J.3.3.1.2)."""
    wanted = the_48()[:2]
    _, uid = scanner.ask(wanted)
    scanner.house.pacs.stage(PacsStage(instances=wanted))
    scanner.come.clear()
    scanner.ask(wanted, transaction=uid)
    scanner.come.clear()
    scanner.ask(wanted)
    events = [event for event, _ in scanner.reports]
    assert events == [2, 2, 1]
    assert {item.FailureReason for item in scanner.reports[1][1].FailedSOPSequence} == {0x0131}


def test_what_is_no_request_is_refused_with_its_status(scanner: Scanner) -> None:
    """Another action type 0123, no references 0115, a bad transaction UID 0115; nothing is kept."""
    assert scanner.ask(the_48()[:1], action=2, stay=False)[0] == 0x0123
    assert scanner.ask([], stay=False)[0] == 0x0115
    assert scanner.ask(the_48()[:1], transaction="1.02.3", stay=False)[0] == 0x0115
    assert scanner.house.view("commitments") == []


def test_a_peer_without_the_right_may_not_ask(scanner: Scanner) -> None:
    """Commitment is a right of its own."""
    scanner.house.pacs.set_peer("CT1", HOST, scanner.port, ["echo", "store"])
    assert scanner.ask(the_48()[:1], stay=False)[0] == 0x0124


def test_reports_go_on_after_the_disk_was_full(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a delivery nor its failure could be written down: the report comes once there is room again."""
    full = [1, 1, 1]
    kept = notices.Notices._now

    def now(self: notices.Notices) -> str:
        if threading.current_thread().name.startswith("PACS-notices") and full:
            full.pop()
            raise NotKept(OSError("disk full"), "here")
        return kept(self)

    monkeypatch.setattr(lanes, "_REST_SECONDS", 0.05)
    monkeypatch.setattr(notices.Notices, "_now", now)
    monkeypatch.setattr(notices.Notices, "_give_up", lambda self, number: now(self))
    _, uid = scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: scanner.house.view("commitments")[0]["state"] == "delivered")
    assert not full and scanner.reports[-1][1].TransactionUID == uid


def test_a_report_that_waits_outlives_the_process(scanner: Scanner) -> None:
    """What another process kept is delivered when the PACS opens."""
    house = scanner.house
    house.pacs.configure(retry_seconds=300)
    house.pacs.set_peer("CT1", HOST, 1)
    scanner.ask(the_48()[:1], stay=False)
    scanner.waits(lambda: house.view("commitments")[0]["attempts"] == 1)
    house.pacs.close()
    with house.store.write() as tx:
        tx.execute("UPDATE pacs_peer SET port=? WHERE title='CT1'", (scanner.port,))
        tx.execute("UPDATE pacs_notice SET next_try=0")
    house.pacs.open(HOST, 0)
    scanner.waits(lambda: len(scanner.reports) == 1)


def test_a_dead_peer_keeps_no_other_waiting_for_its_report(scanner: Scanner) -> None:
    """CT9 takes connections and never answers: CT1 has its report long before that has run out of time."""
    house = scanner.house
    with socket.create_server((HOST, 0)) as dead:
        house.pacs.set_peer("CT9", HOST, dead.getsockname()[1])
        for _ in range(3):
            scanner.ask(the_48()[:1], stay=False, calling="CT9")
        scanner.waits(lambda: len(house.view("commitments")) == 3)
        began = time.monotonic()
        scanner.ask(the_48()[:1], stay=False)
        scanner.waits(lambda: len(scanner.reports) == 1)
        assert time.monotonic() - began < 3
        began = time.monotonic()
        house.pacs.close()
        assert time.monotonic() - began < 1


def _of_other_class(instance: Instance) -> Any:
    """Stands in for an instance whose class is said otherwise."""
    ds = instance.dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.4"
    return Instance.from_dataset(ds)


def _named(sop_class: str, sop_uid: str) -> Any:
    """Stands in for an instance of which only class and UID are known."""
    ds = the_48()[0].dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, sop_uid
    return Instance.from_dataset(ds)
