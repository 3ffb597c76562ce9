"""The mapping table: each place of ORM^O01 and OMI^O23 arrives in the worklist attribute that the table names."""

import pytest

from simlab.department.ris import worklist
from simlab.department.ris.mapping import MAPPING
from simlab.hl7.message import from_text
from tests.ris import page

VALUES = {
    "PID-3.4.2": "2.16.840.1", "PID-5": "OKAFOR^GRACE^^JR^DR", "PID-7": "19620304", "PID-8": "F",
    "PID-11": "1 Hill Road^^Fernhill", "PV1-15": "B6", "OBR-13": "Penicillin", "OBR-12.2": "Isolated",
    "OBR-12.1": "ISO1", "PV1-8": "^SHAH^R^^^DR", "OBR-16": "^OSEI^B", "ORC-12": "^WARD^C", "PV1-19.1": "V7",
    "PID-18.1": "ACCT7", "PV1-19.4.1": "RXX01", "PID-18.4.1": "RXX02", "OBR-18": "ACC77", "IPC-1.1": "ACC77",
    "OBR-19": "RP77", "IPC-2.1": "RP77", "ZDS-1.1": "2.25.77", "IPC-3.1": "2.25.77", "OBR-20": "S77",
    "IPC-4.1": "S77", "OBR-24": "MR", "IPC-5.1": "MR", "ORC-7.4": "202603021015", "OBR-27.4": "202603021015",
    "OBR-36.1": "202603021015", "TQ1-7.1": "202603021015", "ORC-7.6": "S", "OBR-27.6": "S", "TQ1-9.1": "S",
    "OBR-4.4": "PROT7", "IPC-6.1": "PROT7", "OBR-4.5": "Protocol seven", "IPC-6.2": "Protocol seven",
    "OBR-4.6": "99RXX", "IPC-6.3": "99RXX", "OBR-44.1": "PC7", "OBR-4.1": "CTHEAD", "OBR-44.2": "Head by seven",
    "OBR-4.2": "Head by seven", "OBR-31.2": "Fall", "OBR-31.1": "R7", "OBR-34.1": "&HALL&JO", "IPC-7": "ROOM7",
    "IPC-8.1": "FLOOR7", "ORC-18.1": "MR7", "IPC-9": "MR7", "ORC-2.1": "P77", "OBR-2.1": "P77", "ORC-3.1": "F77",
    "OBR-3.1": "F77", "ORC-5": "IP",
}  # fmt: skip
"""A value to write at each place."""

COMES_AS = {
    "PatientName": "OKAFOR^GRACE^^DR^JR", "PregnancyStatus": 3, "PatientAddress": "1 Hill Road, Fernhill",
    "PatientWeight": "81.5", "PatientSize": "1.78",
    "ReferringPhysicianName": "SHAH^R^^DR", "ScheduledPerformingPhysicianName": "HALL^JO",
    "RequestedProcedurePriority": "STAT", "ScheduledProcedureStepStartDate": "20260302",
    "ScheduledProcedureStepStatus": "STARTED", "IssuerOfPatientIDQualifiersSequence": "2.16.840.1",
    "RequestingPhysician": ("OSEI^B", "WARD^C"),
}  # fmt: skip
"""What comes out, where that is not what was written."""

KINDS = {"ORM": "ORM^O01", "OMI": "OMI^O23"}
BESIDE = {"OBR-31.1": ["OBR-31.2"]}
"""What a place says nothing without."""
NOT_WRITTEN = ("SpecificCharacterSet", "PatientID", "IssuerOfPatientID", "OtherPatientIDsSequence")
"""What every message of these tests has, or what comes from the set of all repetitions: other tests hold them."""
SKIPPED = {("PatientState", "OBR-12.1")}


def written(kind, places):
    """An order message with the values at `places`."""
    ipc = ["IPC|||||CT"] if kind == "OMI" else []
    lines = [
        f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302074000||{KINDS[kind]}|M1|P|2.5.1",
        # Somebody new: an order never changes what is known of a patient.
        "PID|1||1000099^^^RXX01^MR",
        "PV1|1|O",
        "ORC|NW",
        *(["TQ1|1"] if any(place.startswith("TQ1") for place in places) or kind == "OMI" else []),
        f"OBR|1|||{'' if any(place.startswith('OBR-4') for place in places) else 'CTHEAD'}",
        *(["OBX|1|NM|29463-7^Weight^LN||81.5|kg", "OBX|2|NM|8302-2^Height^LN||178|cm"] if "OBX-5" in places else []),
        *ipc,
        *(["ZDS|"] if "ZDS-1.1" in places else []),
    ]
    message = from_text("\n".join(lines) + "\n")
    for place in places:
        if place != "OBX-5":
            value = VALUES[place]
            message = message.set(place, value, raw=True)
    if not message.get("OBR-4.1"):
        message = message.set("OBR-4.1", "CTHEAD")
    return message.encode()


def cases():
    for source in MAPPING:
        if source.keyword in NOT_WRITTEN:
            continue
        for kind, places in (("ORM", source.orm), ("OMI", source.omi)):
            for place in places:
                if (source.keyword, place) not in SKIPPED:
                    yield pytest.param(kind, source.keyword, place, id=f"{kind}-{source.keyword}-{place}")


def values(item, keyword):
    """Everything of that keyword in a worklist item, in its sequences too."""
    found = []
    for name, value in item.items():
        if name == keyword:
            found.append(value)
        for entry in value if isinstance(value, list) else ():
            found += values(entry, keyword)
    return found


def flat(value):
    """The plain values in a value."""
    if isinstance(value, list):
        return [part for entry in value for one in entry.values() for part in flat(one)]
    return [value]


@pytest.mark.parametrize(("kind", "keyword", "place"), cases())
def test_a_place_arrives_where_the_table_says(lab, kind, keyword, place):
    """What stands there, alone, is what the worklist answers."""
    lab.ris.configure(worklist_shows=["requested", "booked", "in_progress", "arrived"], station_from_orc18=True)
    beside = BESIDE.get(place, []) if keyword != "ReasonForTheRequestedProcedure" else []
    code, text = lab.send(written(kind, [*beside, place]))
    assert code == "AA", text
    with lab.store.read() as tx:
        item = next(
            one for one in worklist.identifiers(tx) if one["AccessionNumber"] not in ("RXX10000001", "RXX10000002")
        )
    expected = COMES_AS.get(keyword, VALUES.get(place))
    expected = expected if isinstance(expected, tuple) else (expected,)
    found = [part for value in values(item, keyword) for part in flat(value)]
    assert set(expected) & set(found), (expected, found)


def test_the_page_has_the_codes_own_table():
    """docs/hl7.md has every row of the mapping, in its order, and no other (`python -m tests.ris.page` writes it)."""
    assert page.documented() == page.expected()
