"""The console of the hospital next door."""

from __future__ import annotations

from simlab.tui.console.deeds import SETTING, Deed, Group, Section

_STUDY = {"study": "study_uid"}
_FETCH = Deed("Let it fetch a study from the PACS…", "neighbour.fetch")

NEIGHBOUR = Group(
    "Neighbour",
    (
        Section(
            "neighbour-studies",
            "Studies",
            "neighbour.studies",
            ("patient_id", "issuer", "patient_name", "study_date", "instances", "source"),
            (
                Deed("Let it send this study to the PACS", "neighbour.send", _STUDY),
                Deed("Let it query the PACS…", "neighbour.find"),
            ),
            _FETCH,
            search=("study_uid", "patient_id"),
            empty="The neighbour holds nothing; n lets it fetch a study.",
        ),
        Section(
            "neighbour-receipts",
            "Receipts",
            "neighbour.receipts",
            ("source", "sent_id", "number", "instances", "digest", "last", "receipt", "error"),
            (
                Deed("Let it send the receipt once more", "neighbour.send_receipt", _STUDY),
                Deed("Let it fetch the study anew", "neighbour.fetch", _STUDY),
            ),
            search=("study_uid",),
            newest_first=True,
            empty="Nothing was transferred to the neighbour.",
        ),
        Section(
            "neighbour-persons",
            "Numbers",
            "neighbour.persons",
            ("number", "patient_id", "issuer", "name"),
            search=("patient_id",),
            empty="It has given nobody a number.",
        ),
        Section(
            "neighbour-peers",
            "Peers",
            "neighbour.peers",
            ("title", "host", "port"),
            (
                Deed("Change where it listens…", "neighbour.set_peer", {"title": "title"}),
                Deed("Take it away", "neighbour.remove_peer", {"title": "title"}),
            ),
            Deed("Add a peer…", "neighbour.set_peer"),
        ),
        Section(
            "neighbour-settings",
            "Settings",
            "neighbour.settings",
            ("key", "value"),
            (Deed("Change…", "neighbour.configure", SETTING),),
        ),
    ),
)
