"""The DICOM conformance statement of SimLab in the shape of PS3.2, written from the tables that the code runs by."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.uid import UID

from simlab import tls
from simlab.config import SEATS
from simlab.department.pacs.commitment import VERDICTS
from simlab.department.pacs.identifier import LEVELS, UNIQUE
from simlab.department.pacs.personality import PERSONALITIES, STRICT
from simlab.department.pacs.query import ATTRIBUTES, COMPUTED
from simlab.department.pacs.settings import DEFAULTS
from simlab.department.ris import worklist
from simlab.dicom import extended, identity, statuses, upper_layer
from simlab.dicom.commitment import REASONS as COMMITMENT_REASONS
from simlab.dicom.instance import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
from simlab.dicom.request import SUBOPERATION_SECONDS, Caller
from simlab.dicom.server import DicomServer
from simlab.dicom.transcode import LOSSLESS
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.conformance.beside import DIFFERENCES, OURS, Answer

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
_CALLER = Caller("ADMIN", "", "127.0.0.1", 0)


def statement() -> str:
    """The whole page."""
    with (
        tempfile.TemporaryDirectory(prefix="simlab-", ignore_cleanup_errors=True) as folder,
        running(Home(Path(folder))) as lab,
    ):
        lab.stage(load_scene("small-hospital", lab))
        parts = [_head(), _model(), *_entities(lab), _queries(), _worklist(lab)]
    parts += [_retrieval(), _statuses(), _communication(), _security(), _settings(), _beside(), _known()]
    return "\n".join(parts).rstrip() + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def _head() -> str:
    return """# DICOM conformance statement

In the shape of PS3.2; `python -m tests.conformance --write` writes it from the tables that the code runs by, and a test
fails when it is stale. SimLab is for training: no clinical use, synthetic patients only.
"""


def _model() -> str:
    rows = [(name, seat.title, str(seat.port)) for name, seat in SEATS.items() if seat.title]
    return (
        "## Implementation model\n\nOne process holds every application entity. Each listens on a port of its own, on "
        "the loopback\ninterface unless told otherwise, and opens associations of its own for what it sends. A port "
        "that is taken moves\nto a free one (`simlab status`).\n\n" + _table(("System", "AE title", "Port"), rows)
    )


def _entities(lab: Lab) -> Iterator[str]:
    yield "## Application entities\n\nWhat each offers as an acceptor, asked of a running lab.\n"
    systems: dict[str, Any] = {"PACS": lab.pacs, "RIS": lab.ris, "Viewers": lab.viewers["THEATRE"]}
    systems["Modalities"] = lab.modalities["CT1"]
    for name, system in systems.items():
        offered = _server(system)._acceptor._policy.contexts(_CALLER)
        kinds: dict[tuple[str, ...], list[str]] = {}
        for context in offered:
            syntaxes = tuple(str(syntax) for syntax in context.transfer_syntax or ())
            kinds.setdefault(syntaxes, []).append(str(context.abstract_syntax))
        yield f"### {name}\n"
        for syntaxes, classes in kinds.items():
            named = ", ".join(f"{_name(uid)}{' (retired)' if UID(uid).is_retired else ''}" for uid in classes)
            if len(classes) > 20:
                named = f"<details><summary>{len(classes)} storage classes</summary>{named}</details>"
            yield f"- SOP classes: {named}\n- Transfer syntaxes, in order of preference: " + (
                ", ".join(_name(uid) for uid in syntaxes) + "\n"
            )


def _server(system: Any) -> DicomServer:
    """The DICOM server of a system, which keeps it itself or in one of its parts."""
    parts = list(vars(system).values())
    for part in [*parts, *(inner for outer in parts if hasattr(outer, "__dict__") for inner in vars(outer).values())]:
        if isinstance(part, DicomServer):
            return part
    raise LookupError(f"{system} has no DICOM server")


def _name(uid: str) -> str:
    name = UID(uid).name
    return re.sub(r"\s*\(.*?\)|:.*", "", name) if name != uid else uid


def _queries() -> str:
    rows = [(level, UNIQUE[level], _keys(level)) for level in LEVELS]
    counted = ", ".join(keyword for keyword in COMPUTED)
    extras = [(word, meaning) for word, meaning in extended.OPTIONS.items()]
    return (
        "## Query\n\nPatient Root, Study Root, and Patient/Study Only (retired). Single value, list of UID, universal, "
        "wildcard, range\nand, inside the worklist, sequence matching (PS3.4 C.2.2.2); a key that is not indexed is "
        "answered with FF01.\n\n"
        + _table(("Level", "Unique key", "Further keys"), rows)
        + f"\nComputed when asked for: {counted}. Matching on ModalitiesInStudy is supported. RetrieveAETitle and\n"
        "InstanceAvailability are returned.\n\nExtended negotiation, off unless the caller asks for it:\n\n"
        + _table(("Option", "Effect"), extras)
        + """
A worklist query may negotiate `fuzzy` and `timezone` (PS3.4 K.5.1); the two bytes before them are always 1. The bytes
after these options are answered 0. Enhanced multi-frame image conversion is one of them: it would give a second view of
the archive, in which enhanced objects are converted to classic ones and the other way, with UIDs of their own. There is
no such view here, every object is found and sent in the class it was stored in, so the standard asks for a 0
(PS3.4 C.5.1.1, C.5.2.1).

Names resemble each other by their words in any order, without case and accents; in words of three letters and more by
sound or by a slip of the keyboard.
"""
    )


def _keys(level: str) -> str:
    return ", ".join(keyword for keyword, (entry, _column) in ATTRIBUTES.items() if entry == level)


def _worklist(lab: Lab) -> str:
    with lab.store.read() as tx:
        item = next(iter(worklist.identifiers(tx)))
    rows = [(path,) for path in _paths(item)]
    return "## Modality worklist\n\nMatching and return keys; matching works on each.\n\n" + _table(
        ("Attribute",), rows
    )


def _paths(item: dict[str, Any], before: str = "") -> Iterator[str]:
    for keyword, value in sorted(item.items()):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from _paths(value[0], f"{before}{keyword} > ")
        else:
            yield before + keyword


def _retrieval() -> str:
    verdicts = [
        (what, "committed to" if reason is None else f"{reason:04X} {COMMITMENT_REASONS[reason]}")
        for what, reason in VERDICTS.items()
    ]
    used = f"{statuses.DUPLICATE_TRANSACTION:04X} {COMMITMENT_REASONS[statuses.DUPLICATE_TRANSACTION]}"
    return (
        "## Retrieval and storage\n\nA stored data set is given back byte for byte; after a merge, a move or a "
        "correction it carries the identity that is in\nforce, the former one in Original Attributes "
        "Sequence (0400,0561). A destination that does not take the stored transfer\nsyntax gets the object "
        f"uncompressed, or in {_name(LOSSLESS)}. The final response has no number of remaining\nsub-operations "
        "unless it was cancelled. C-CANCEL is heard for C-FIND, C-MOVE and C-GET; C-GET needs role selection.\n"
        f"A sub-operation may take {SUBOPERATION_SECONDS:g} s.\n\nStorage commitment (push) answers on the same "
        "association or a new one. A transaction UID that was used before fails every\nreference "
        f"({used}); otherwise:\n\n" + _table(("The instance is", "It is"), verdicts)
    )


def _statuses() -> str:
    rows = [(statuses.code(status), words) for status, words in sorted(statuses.WORDS.items())]
    return "## Statuses\n\n" + _table(("Status", "Meaning"), rows)


def _communication() -> str:
    return f"""## Association policies

- Implementation class UID `{IMPLEMENTATION_CLASS_UID}`, version `{IMPLEMENTATION_VERSION}`.
- Largest PDU that is taken: {upper_layer.MAX_PDU} bytes; a peer's own limit is kept to.
- Associations at once: {DEFAULTS["max_associations"]} at the PACS (a setting); one more is rejected 2/3/2.
- One operation at a time on an association (no asynchronous operations window).
- An unknown called AE title is rejected 1/1/7, an unknown calling one 1/1/3, another application context 1/1/2.
- An association that stands still for {DEFAULTS["idle_seconds"]} s (a setting), or stops in the middle of a PDU for
  {upper_layer.PDU_SECONDS:g} s, is aborted.
- Media: DICOM files and discs with a DICOMDIR are read and written (PS3.10).

## Character sets

ISO_IR 6, 100, 101, 109, 110, 144, 127, 126, 138, 148, 13, 166, 192, GB18030 and the code extensions of ISO 2022 are
read. A response is in the repertoire that was asked in when that holds the values, else in Latin-1 or UTF-8.
"""


def _security() -> str:
    kinds = ", ".join(identity.KINDS[kind] for kind in (identity.USERNAME, identity.PASSCODE))
    return (
        "## Security\n\nPACS, RIS, viewers and modalities have a TLS door beside the plain one (`PACS_TLS`, "
        "`THEATRE_TLS`, `CT1_TLS`…): TLS 1.2 and 1.3\n(PS3.15 B.9); a client's certificate is asked for when the "
        "setting `tls_mutual` says so. Suites of TLS 1.2: "
        + ", ".join(f"`{suite}`" for suite in tls.CIPHERS)
        + f".\n\nUser identity negotiation: {kinds}; other kinds are refused. An audit trail in the shape of PS3.15 "
        "A.5 is kept and\ncan be searched.\n\nAs SCU the PACS calls a peer over TLS where its entry says `tls`; it "
        "verifies the peer's certificate and name against\nthe lab's test CA, and shows its own. A modality "
        "calls the PACS over TLS where its setting `pacs_tls` says so.\n\nRejection notes "
        "(IHE IOCM) are taken over C-STORE; one of code 113039 that the retention rules contradict gets status 0124.\n"
    )


def _settings() -> str:
    rows = [(f"`{key}`", f"`{json.dumps(value)}`") for key, value in DEFAULTS.items()]
    return "## Configuration of the PACS\n\n" + _table(("Setting", "Until somebody changes it"), rows)


def _beside() -> str:
    def shown(answer: Answer) -> str:
        return f"{answer[0]}, {answer[1]}"

    rows = [
        (what, shown(ours), *(shown(found[what]) if what in found else "same" for found in DIFFERENCES.values()))
        for what, ours in OURS.items()
    ]
    personalities = ", ".join(f"`{name}`" for name in PERSONALITIES if name != STRICT)
    return (
        "## Beside Orthanc 1.10.1 and dcmqrscp 3.6.7\n\nMatches and final status of the same queries to the same 48 "
        f"instances, observed with findscu. The setting\n`personality` ({personalities}) makes the PACS answer as they "
        "do where products differ.\n\n" + _table(("Query", "SimLab", *DIFFERENCES), rows)
    )


def _known() -> str:
    return """## Known peers

**pynetdicom 3.0.4 as a client** (its `storescu`, and programs made with it) may wait out its DIMSE time-out, 30 s, and
abort, although the PACS has answered. The caller and the association's own reactor read the same queue of answers; a
reactor that is held up between its pause and its look at the queue takes the response, and the caller waits in vain.
Of 11,458 stores of 8 KB to the PACS, on two cores that were busy with other things too, two were lost so, both found in
the reactor's hands; `tests/pacs/test_known_peers.py` shows how. Answering late would make it rarer and could not rule
it out, so the PACS does not. Set a short `dimse_timeout` and send again what was not acknowledged: the same instance
once more is a success (0000).
"""
