"""The PACS console: peers, settings, personality, TLS, users, the audit trail."""

from __future__ import annotations

from simlab.tui.console.deeds import SETTING, Deed, Group, Look, Section
from simlab.tui.fields import SETTINGS

_PEER = {"title": "title", "host": "host", "port": "port"}
_CHANGE = (Deed("Change…", "pacs.configure", SETTING),)

ACCESS = Group(
    "PACS",
    (
        Section(
            "pacs-peers",
            "Peers",
            "pacs.peers",
            ("title", "host", "port", "services"),
            (
                Deed(
                    "Change…",
                    "pacs.set_peer",
                    {**_PEER, **{name: name for name in ("services", "classes", "max_associations", "tls")}},
                ),
                Deed("Echo it (C-ECHO)", "dicom.echo", _PEER),
                Deed("Hold everything for it…", "pacs.hold_transfers", {"destination": "title"}),
                Deed("Release everything for it…", "pacs.release_transfers", {"destination": "title"}),
                Look("What was sent there", "pacs.sent", {"destination": "title"}),
                Deed("Remove…", "pacs.remove_peer", {"title": "title"}),
            ),
            Deed("New peer", "pacs.set_peer"),
        ),
        Section("pacs-settings", "Settings", "pacs.settings", ("key", "value"), _CHANGE),
        Section(
            "pacs-behaviour",
            "Personality",
            "pacs.settings",
            ("key", "value"),
            (
                *_CHANGE,
                Deed("Behave strictly by the standard", "pacs.configure", fixed={SETTINGS: {"personality": "strict"}}),
                Deed("Behave like Orthanc", "pacs.configure", fixed={SETTINGS: {"personality": "orthanc"}}),
                Deed("Behave like dcmqrscp", "pacs.configure", fixed={SETTINGS: {"personality": "dcmqrscp"}}),
            ),
            only=("personality", "extended_negotiation", "role_selection", "case_insensitive_pn", "timezone"),
        ),
        Section(
            "pacs-tls",
            "TLS, login",
            "pacs.settings",
            ("key", "value"),
            (
                *_CHANGE,
                Deed("Show the renewed certificate", "pacs.configure", fixed={SETTINGS: {"certificate": "renewed"}}),
                Deed("Echo the TLS door", "dicom.echo", fixed={"to": "PACS", "tls": True}),
            ),
            only=("certificate", "tls_mutual", "require_login"),
        ),
        Section(
            "pacs-users",
            "Users",
            "pacs.users",
            ("name", "full_name", "passcode"),
            (
                Deed("Change…", "pacs.set_user", {"user": "name", "full_name": "full_name"}),
                Deed("Remove…", "pacs.remove_user", {"user": "name"}),
            ),
            Deed("New user", "pacs.set_user"),
            empty="Nobody may log in yet; n lets somebody.",
        ),
        Section(
            "pacs-audit",
            "Audit trail",
            "pacs.audit",
            ("summary", "at", "user", "event", "action"),
            search=("user", "event", "since", "until", "patient_id", "study_uid", "ae", "action"),
            newest_first=True,
            empty="No entry fits.",
        ),
    ),
)
