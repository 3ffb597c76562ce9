"""The console section of a system's outbox: what it sends, how far each message has come, and sending again."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Read, Section

_WHAT = ("id", "queued", "type", "patient_ids", "patient_name", "control_id")
_HOW_FAR = ("state", "attempts", "later", "error")


def outbox(system: str, *, empty: str) -> Section:
    """The outbox of `system` (epr, ris), the newest message first."""
    return Section(
        f"{system}-outbox",
        "Outbox",
        f"{system}.outbox",
        (*_WHAT, *_HOW_FAR),
        (Read("The message…", "message"), Deed("Send again", f"{system}.resend", {"item": "id"})),
        search=("state", "patient_id"),
        most=1000,
        newest_first=True,
        empty=empty,
    )
