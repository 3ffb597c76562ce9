"""The patient record's console: patients and their visits, orders, and what came back."""

from __future__ import annotations

from simlab.tui.console.deeds import SETTING, Deed, Group, Look, Section
from simlab.tui.console.outboxes import outbox

_PATIENT = {"patient": "patient_id", "issuer": "issuer"}
_OF = {"patient_id": "patient_id"}
_PLACER = {"placer": "placer"}

EPR = Group(
    "EPR",
    (
        Section(
            "epr-patients",
            "Patients",
            "epr.patients",
            ("patient_id", "issuer", "name", "birth_date", "nhs_number", "merged_into"),
            (
                Deed("Update…", "epr.update", _PATIENT),
                Deed("Admit…", "epr.admit", _PATIENT),
                Deed("Register an attendance…", "epr.register", _PATIENT),
                Deed("Book a stay…", "epr.preadmit", _PATIENT),
                Deed("Order an exam…", "epr.order", _PATIENT),
                Deed("Merge into another number…", "epr.merge", {"retire": "patient_id", "issuer": "issuer"}),
                Deed("Take its merge apart…", "epr.unmerge", _PATIENT, when="merged_into"),
                Deed("Link to another record…", "epr.link", {"one": "patient_id", "issuer": "issuer"}),
                Deed("Give another number…", "epr.renumber", {"old": "patient_id", "issuer": "issuer"}),
                Deed("Move one of its numbers…", "epr.move_identifier", {"wrong": "patient_id", "issuer": "issuer"}),
                Look("Its numbers", "epr.identifiers", _OF),
                Look("What became of its numbers", "epr.history", _OF),
            ),
            Deed("Admit a patient", "epr.admit"),
            search=("patient_id",),
        ),
        Section(
            "epr-visits",
            "Visits",
            "epr.visits",
            ("number", "patient_id", "patient_class", "location", "state"),
            (
                Deed("Transfer…", "epr.transfer", _PATIENT),
                Deed("Discharge", "epr.discharge", _PATIENT),
                Deed("Another class…", "epr.change_class", _PATIENT),
                Deed("Take the last step back…", "epr.cancel", _PATIENT),
                Deed("Delete…", "epr.delete_visit", {"visit": "number"}),
                Look("What happened in it", "epr.movements", {"visit": "number"}),
            ),
            Deed("Register an attendance", "epr.register"),
            search=("patient_id",),
            newest_first=True,
            empty="Nobody has come yet; n registers somebody.",
        ),
        Section(
            "epr-orders",
            "Orders",
            "epr.orders",
            ("placer", "patient_id", "exam", "state", "status", "accession"),
            (
                Deed("Another time or priority…", "epr.change_order", _PLACER),
                Deed("Cancel…", "epr.cancel_order", _PLACER),
                Deed("Stop what has begun…", "epr.discontinue_order", _PLACER),
                Deed("Hold, or let go on…", "epr.hold_order", _PLACER),
                Look("Its reports", "epr.results", _PLACER),
            ),
            Deed("New order", "epr.order"),
            search=("placer", "patient_id"),
        ),
        Section(
            "epr-results",
            "Reports",
            "epr.results",
            ("accession", "patient_id", "version", "status", "current", "note", "text"),
            (Look("Its order", "epr.orders", _PLACER),),
            search=("patient_id", "accession"),
            newest_first=True,
            empty="No report has come back.",
        ),
        Section(
            "epr-appointments",
            "Appointments",
            "epr.appointments",
            ("start", "patient_id", "exam", "place", "state"),
            search=("patient_id",),
            empty="The RIS told of no appointment.",
        ),
        Section(
            "epr-links",
            "Linked records",
            "epr.links",
            ("patient_id", "other_id"),
            (Deed("Unlink…", "epr.unlink", {"one": "patient_id", "other": "other_id", "issuer": "issuer"}),),
            Deed("Link two records", "epr.link"),
            search=("patient_id",),
            empty="No two records are said to be of one person.",
        ),
        outbox("epr", empty="The EPR has nothing to send."),
        Section(
            "epr-settings",
            "Settings",
            "epr.settings",
            ("key", "value"),
            (Deed("Change…", "epr.configure", SETTING),),
            Deed("Change a setting", "epr.configure"),
            empty="All as usual; n changes one.",
        ),
    ),
)
