"""Every system's console by group: who listens where, the PACS, RIS, EPR, engine, scanners, viewers."""

from __future__ import annotations

from simlab.tui.console.deeds import ADDRESSES, SETTING, Ask, Deed, Group, Look, Section
from simlab.tui.console.engine import ENGINE
from simlab.tui.console.epr import EPR
from simlab.tui.console.feed import FEED
from simlab.tui.console.neighbour import NEIGHBOUR
from simlab.tui.console.outboxes import outbox
from simlab.tui.console.pacs import ACCESS
from simlab.tui.console.pacs_identity import IDENTITY
from simlab.tui.console.pacs_room import ROOM
from simlab.tui.console.pacs_traffic import TRAFFIC

_ACCESSION = {"accession": "accession"}
_PEER = {"title": "title", "host": "host", "port": "port"}
_SCANNER = {"modality": "system"}
_STUDY = {"study": "study_uid"}
_STEP = {**_SCANNER, "mpps": "mpps_uid"}

_TYPED = {"typed": {"patient_id": "", "patient_name": ""}}

_BEGIN = Deed("Tell the RIS that an exam begins (MPPS)…", "modality.start_step", _SCANNER)
_COMMIT = Deed("Ask the PACS to commit to its images…", "modality.commit", {**_SCANNER, **_STUDY})
_SCANNER_DEEDS = (
    Deed("Change this setting…", "modality.configure", {**_SCANNER, **SETTING}),
    Deed("Echo the PACS from its console", "modality.echo", _SCANNER, {"to": "PACS"}),
    Deed("Echo the RIS from its console", "modality.echo", _SCANNER, {"to": "RIS"}),
    Deed("Ask for its worklist", "modality.worklist", _SCANNER),
    Deed("Scan a patient from its worklist…", "modality.scan", _SCANNER),
    Deed("Let the radiographer work off its worklist", "modality.work", _SCANNER),
    _BEGIN,
    Deed("Send what waits in its queue", "modality.send", _SCANNER),
    Deed("Ask the PACS to commit to its images…", "modality.commit", _SCANNER),
    Deed("Install new software…", "modality.upgrade", _SCANNER),
)
_ORDER_DEEDS = (
    Deed("Mark the patient as arrived", "ris.arrive", _ACCESSION),
    Deed("Vet", "ris.vet", _ACCESSION),
    Deed("Book…", "ris.book", _ACCESSION),
    Deed("Another station or time…", "ris.reschedule", _ACCESSION),
    Deed("The exam is done", "ris.perform", _ACCESSION),
    Deed("Hold…", "ris.hold_order", _ACCESSION),
    Deed("Let it go on", "ris.release_order", _ACCESSION),
    Deed("Cancel…", "ris.cancel_order", _ACCESSION),
    Deed("Stop what has begun…", "ris.discontinue", _ACCESSION),
    Deed("Report…", "ris.report", _ACCESSION),
    Deed("Write a downtime entry…", "ris.log_downtime", _ACCESSION),
    Look("Scheduled steps", "ris.steps", _ACCESSION),
    Look("Performed steps", "ris.mpps", _ACCESSION),
    Look("Report", "ris.reports", _ACCESSION),
)
_MERGE_RIS = Deed(
    "Merge into another patient…", "ris.merge_patients", {"retire": "patient_id", "retire_issuer": "issuer"}
)

_RIS = Group(
    "RIS",
    (
        Section(
            "ris-orders",
            "Orders",
            "ris.orders",
            ("accession", "patient_id", "patient_name", "state"),
            _ORDER_DEEDS,
            Deed("New order", "ris.create_order"),
            search=("accession", "patient_id", "state"),
        ),
        Section(
            "ris-worklist",
            "Worklist",
            "ris.worklist",
            ("accession", "station_ae", "modality", "start", "patient_name"),
            _ORDER_DEEDS,
            search=("station", "modality", "date", "accession"),
        ),
        Section(
            "ris-mpps",
            "Performed",
            "ris.mpps",
            ("status", "accession", "conflict", "modality", "station_ae", "begun", "ended", "instances"),
            (
                Deed("Set it right…", "ris.correct_step", {"mpps": "mpps_uid", **_ACCESSION}),
                Look("Its order", "ris.orders", _ACCESSION),
                Look("Its study in the PACS", "pacs.studies", {"study_uid": "study_uid"}, when="study_uid"),
            ),
            search=("accession", "status", "mpps_uid"),
            newest_first=True,
            empty="No scanner told of a performed step.",
        ),
        Section(
            "ris-reports",
            "Reports",
            "ris.reports",
            ("accession", "version", "status", "patient_id", "author", "text"),
            (
                Deed("Correct…", "ris.correct_report", _ACCESSION, when="current"),
                Deed("Withdraw…", "ris.withdraw_report", _ACCESSION, when="current"),
                Look("Its order", "ris.orders", _ACCESSION),
            ),
            Deed("New report", "ris.report"),
            search=("accession", "patient_id"),
            empty="Nothing has been reported here.",
        ),
        Section(
            "ris-patients",
            "Patients",
            "ris.patients",
            ("patient_id", "issuer", "name"),
            (
                _MERGE_RIS,
                Deed(
                    "Take its merge apart…",
                    "ris.unmerge_patients",
                    {"patient": "patient_id", "issuer": "issuer"},
                    when="merged_into",
                ),
                Look("Visits", "ris.visits", {"patient_id": "patient_id"}),
                Look("Linked records", "ris.links", {"patient_id": "patient_id"}),
            ),
            search=("patient_id", "issuer"),
        ),
        Section(
            "ris-exams",
            "Exams",
            "ris.exams",
            ("code", "description", "modality", "station_ae"),
            (Deed("Done on another station…", "ris.map_exam", {"code": "code", "station": "station_ae"}),),
        ),
        Section(
            "ris-availability",
            "Availability",
            "ris.availability",
            ("accession", "study_uid"),
            newest_first=True,
            empty="No notice that images are available.",
        ),
        outbox("ris", empty="The RIS has nothing to send on."),
        Section(
            "ris-downtime",
            "Downtime log",
            "ris.downtime",
            ("accession", "text"),
            empty="Nothing was written down in a downtime.",
        ),
        Section(
            "ris-peers",
            "Peers",
            "ris.peers",
            ("title", "host", "port"),
            (Deed("Change…", "ris.set_peer", _PEER), Deed("Remove…", "ris.remove_peer", {"title": "title"})),
            Deed("New peer", "ris.set_peer"),
        ),
        Section(
            "ris-settings",
            "Settings",
            "ris.settings",
            ("key", "value"),
            (Deed("Change…", "ris.configure", SETTING),),
        ),
    ),
)

_SCANNERS = Group(
    "Scanners",
    (
        Section(
            "scanners", "Settings", "modality.config", ("system", "key", "value"), _SCANNER_DEEDS, search=("system",)
        ),
        Section(
            "scanner-queue",
            "Queues",
            "modality.queue",
            ("system", "accession", "patient_name", "attempts", "last_error"),
            (Deed("Send now", "modality.send", _SCANNER),),
            search=("system", "study_uid"),
            empty="No images wait at a scanner.",
        ),
        Section(
            "scanner-disk",
            "Disks",
            "modality.held",
            ("system", "accession", "patient_name", "description", "sent_at", "committed"),
            (
                _COMMIT,
                Deed("Correct patient or order, and send again…", "modality.correct", {**_SCANNER, **_STUDY}),
                Deed("Delete from its disk what is committed…", "modality.free", {**_SCANNER, **_STUDY}),
                Deed("Send what waits in its queue", "modality.send", _SCANNER),
            ),
            search=("system", "study_uid"),
            empty="No images at any scanner.",
        ),
        Section(
            "scanner-steps",
            "Steps (MPPS)",
            "modality.steps",
            ("system", "accession", "state", "images"),
            (
                Deed("Done (N-SET COMPLETED)…", "modality.complete_step", _STEP),
                Deed("Broken off (N-SET DISCONTINUED)…", "modality.discontinue_step", _STEP),
                Deed("Begin another exam (N-CREATE)…", "modality.start_step", _SCANNER),
            ),
            Deed("Begin an exam (N-CREATE)", "modality.start_step"),
            search=("system", "accession"),
            newest_first=True,
            empty="No scanner told the RIS of a step; n begins one.",
        ),
        Section(
            "scanner-commitments",
            "Commitment",
            "modality.commitments",
            ("system", "accession", "event", "images", "failed", "transaction_uid"),
            (_COMMIT,),
            Deed("Ask for commitment", "modality.commit"),
            search=("system",),
            newest_first=True,
            empty="No scanner asked for commitment; n does.",
        ),
        Section(
            "recipes",
            "Recipes",
            "lab.recipes",
            ("modality", "name", "images", "title", "finds", "-"),
            (
                Deed("Scan a patient with it, and send it to the PACS…", "modality.scan", {"recipe": "name"}),
                Deed("Scan somebody who is on no worklist…", "modality.scan", {"recipe": "name"}, _TYPED),
            ),
            search=("modality",),
            lead="finds",
        ),
        Section(
            "scanner-kept-lists",
            "Kept lists",
            "modality.kept_lists",
            ("system", "taken", "accession", "patient_name", "date", "time", "description"),
            (Deed("Dock it: fetch its list anew", "modality.worklist", _SCANNER, {"dock": True}),),
            search=("system",),
            empty="No scanner shows a list that it keeps (the quirk cached_list).",
        ),
    ),
)

SYSTEMS: tuple[Group | Section, ...] = (
    Section(
        ADDRESSES,
        "Addresses",
        "",
        ("system", "ae_title", "host", "port"),
        (Deed("Echo it (C-ECHO)", "dicom.echo", {"to": "system"}, when="ae_title"),),
    ),
    ACCESS,
    IDENTITY,
    TRAFFIC,
    ROOM,
    _RIS,
    EPR,
    ENGINE,
    _SCANNERS,
    Section(
        "viewers",
        "Viewers hold",
        "viewer.holds",
        ("system", "patient_id", "study_uid"),
        (
            Ask("Send it again (C-MOVE)…", "move", {"StudyInstanceUID": "study_uid"}, {"level": "STUDY"}),
            Deed("Copy the workstation's without the person…", "dicom.deidentify", {"study": "study_uid"}),
            Deed("Look for what is left of a person…", "dicom.check_residue", {"study": "study_uid"}),
            Deed("Look what is on a disc…", "dicom.look_at_media"),
            Deed("Write the workstation's copy on a disc…", "dicom.export_media", {"studies": "[study_uid]"}),
            Deed("Delete this study there…", "viewer.purge", {"viewer": "system", "study": "study_uid"}),
            Deed("Change a setting of that viewer…", "viewer.configure", {"viewer": "system"}),
            Look("Settings that were changed", "viewer.settings", {"system": "system"}),
            Look("How full it is", "viewer.space", {"system": "system"}),
        ),
        Deed("Import a disc", "dicom.import_media"),
        search=("system", "study_uid", "patient_id"),
        empty="No viewer holds an image.",
    ),
    NEIGHBOUR,
    FEED,
)
