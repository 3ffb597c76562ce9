"""Association negotiation on pynetdicom's PDUs: read a request, accept or reject it, make one (PS3.8 7.1, 9.3)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)
from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor, negotiate_as_requestor

from simlab.dicom import extended, identity
from simlab.dicom.association import Context
from simlab.dicom.identity import UserIdentity
from simlab.dicom.instance import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
from simlab.dicom.rejection import (
    APPLICATION_CONTEXT_UNKNOWN,
    CALLED_UNKNOWN,
    CALLING_UNKNOWN,
    VERSION_UNKNOWN,
    Rejection,
)
from simlab.dicom.upper_layer import ASSOCIATE_AC, ASSOCIATE_RQ, MAX_PDU, BadPdu
from simlab.errors import BadInput

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_TITLES = 10
"""Where the two AE titles begin in an A-ASSOCIATE-RQ (PS3.8 9.3.2)."""

CONTEXT_RESULTS = {
    0: "accepted",
    1: "rejected by the user",
    2: "rejected, no reason given",
    3: "abstract syntax not supported",
    4: "transfer syntaxes not supported",
}
"""PS3.8 9.3.3.2."""


@dataclass(frozen=True)
class Proposal:
    """What an A-ASSOCIATE-RQ says. `rejection` is set when the request is refused as it stands."""

    called: str
    calling: str
    contexts: tuple[PresentationContext, ...]
    roles: dict[str, tuple[bool, bool]]
    max_pdu: int
    implementation: str
    rejection: Rejection | None = None
    extended: dict[str, bytes] = field(default_factory=dict)
    identity: UserIdentity | None = None


@dataclass(frozen=True)
class Agreement:
    """What was agreed: accepted contexts by ID, every proposed one with its result as JSON-able rows, and what was
    granted beyond the baseline by SOP class (see `extended.OPTIONS`)."""

    contexts: dict[int, Context]
    rows: list[dict[str, Any]]
    options: dict[str, frozenset[str]] = field(default_factory=dict)
    confirmed: bool = False
    """Whether the acceptor said that it understood the user's identity."""


def read_proposal(body: bytes) -> Proposal:
    """The proposal in the body of an A-ASSOCIATE-RQ; raises BadPdu when it is none."""
    if len(body) < 68:
        raise BadPdu("an association request that is too short", 6)
    version, called, calling = struct.unpack_from(">H2x16s16s", body)
    titles = called.decode("latin-1"), calling.decode("latin-1")
    shown = tuple(title.replace("\0", "\\0").strip() for title in titles)
    for title, name, refused in zip(titles, ("called", "calling"), (CALLED_UNKNOWN, CALLING_UNKNOWN), strict=True):
        if not title.isprintable() or not title.isascii():
            # PS3.8 9.3.2: padded with spaces. A PDU that breaks this is no request that could be rejected (9.3.8).
            raise BadPdu(f"the {name} AE title is not padded with spaces or holds control characters: {title!r}", 6)
        if not title.strip():
            refusal = Rejection(refused.result, refused.source, refused.reason, f"the {name} AE title is empty")
            return Proposal(shown[0], shown[1], (), {}, 0, "", refusal)
    pdu = A_ASSOCIATE_RQ()
    try:
        pdu.decode(struct.pack(">BBL", ASSOCIATE_RQ, 0, len(body)) + body)
        primitive = pdu.to_primitive()
        contexts = tuple(primitive.presentation_context_definition_list)
    except Exception as error:  # pynetdicom raises whatever the damaged bytes provoke
        raise BadPdu(f"an association request that cannot be read ({type(error).__name__})", 6) from error
    if not all(context.abstract_syntax and context.transfer_syntax and context.context_id for context in contexts):
        raise BadPdu("an association request with half a presentation context", 6)
    roles: dict[str, tuple[bool, bool]] = {}
    max_pdu, implementation = 0, ""
    asked: dict[str, bytes] = {}
    user: UserIdentity | None = None
    for item in primitive.user_information or ():
        if isinstance(item, MaximumLengthNotification):
            max_pdu = item.maximum_length_received or 0
        elif isinstance(item, ImplementationVersionNameNotification):
            implementation = item.implementation_version_name or ""
        elif isinstance(item, SCP_SCU_RoleSelectionNegotiation):
            roles[str(item.sop_class_uid)] = bool(item.scu_role), bool(item.scp_role)
        elif isinstance(item, SOPClassExtendedNegotiation):
            asked[str(item.sop_class_uid)] = item.service_class_application_information or b""
        elif isinstance(item, UserIdentityNegotiation):
            user = identity.read(item)
    rejection: Rejection | None = None
    if not version & 1:
        rejection = VERSION_UNKNOWN
    elif primitive.application_context_name != APPLICATION_CONTEXT:
        rejection = APPLICATION_CONTEXT_UNKNOWN
    return Proposal(shown[0], shown[1], contexts, roles, max_pdu, implementation, rejection, asked, user)


def accept(
    proposal: Proposal,
    offered: Sequence[PresentationContext],
    *,
    grants: Collection[str] = (),
    confirmed: bool = False,
    dropped: Mapping[str, int] | None = None,
    sent_in: Mapping[str, str] | None = None,
    max_pdu: int = MAX_PDU,
) -> tuple[Agreement, bytes]:
    """The agreement with a proposal, and the A-ASSOCIATE-AC that says so.

    `grants` are the options of extended negotiation that are to be had, `confirmed` tells the requestor that its user's
    identity was understood. `dropped` refuses contexts, by SOP class (``*``: all) with the result to give them.
    `sent_in` is the transfer syntax of the objects of a class that this side will send (C-GET): it is taken before the
    preferred one wherever it is proposed.
    """
    results, replies = negotiate_as_acceptor(
        list(proposal.contexts),
        list(offered),
        proposal.roles,  # type: ignore[arg-type]
    )
    if sent_in:
        _as_stored(results, proposal, sent_in)
    for result in results if dropped else ():
        refused = dropped.get(str(result.abstract_syntax), dropped.get("*")) if dropped else None
        if refused is not None:
            result.result = refused
    granted = extended.grant(proposal.extended, grants)
    more: list[Any] = [*replies]
    for uid, information in granted.items():
        more.append(_extension(uid, information))
    if confirmed:
        more.append(identity.confirmation())
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(APPLICATION_CONTEXT)
    primitive.calling_ae_title, primitive.called_ae_title = proposal.calling, proposal.called
    primitive.result, primitive.result_source = 0, 1
    primitive.presentation_context_definition_results_list = results
    primitive.user_information = [*_ourselves(max_pdu), *more]
    agreed = _agreement(results, {uid: extended.options(uid, said) for uid, said in granted.items()})
    return agreed, A_ASSOCIATE_AC(primitive).encode()


def _as_stored(results: Sequence[PresentationContext], proposal: Proposal, sent_in: Mapping[str, str]) -> None:
    proposed = {context.context_id: context.transfer_syntax for context in proposal.contexts}
    for result in results:
        syntax = UID(sent_in.get(str(result.abstract_syntax), ""))
        if result.result == 0 and result.as_scu and syntax in proposed.get(result.context_id, ()):
            result.transfer_syntax = [syntax]


def propose(
    called: str,
    calling: str,
    contexts: Sequence[PresentationContext],
    *,
    options: Collection[str] = (),
    user: UserIdentity | None = None,
    nul_padded: bool = False,
) -> bytes:
    """An A-ASSOCIATE-RQ; `contexts` get their IDs here. Raises BadInput for an AE title that cannot be sent.

    `options` are asked for by extended negotiation for every class among the contexts that has any.
    `nul_padded` fills the titles up as a bad sender does.
    """
    for title in (called, calling):
        if not title.strip() or len(title) > 16 or not title.isascii() or not title.isprintable() or "\\" in title:
            raise BadInput(
                f"{title!r} is no AE title",
                remedy="An AE title has 1 to 16 plain characters, upper and lower case differ (PS3.5 6.2).",
            )
    if len(contexts) > 128:
        raise BadInput(f"{len(contexts)} presentation contexts", remedy="Propose at most 128 (PS3.8 9.3.2.2).")
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(APPLICATION_CONTEXT)
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    roles = []
    for index, context in enumerate(contexts):
        context.context_id = 2 * index + 1
        if context.scp_role:
            role = SCP_SCU_RoleSelectionNegotiation()
            role.sop_class_uid = context.abstract_syntax
            role.scu_role, role.scp_role = bool(context.scu_role), True
            roles.append(role)
    primitive.presentation_context_definition_list = list(contexts)
    more: list[Any] = [
        _extension(str(context.abstract_syntax), extended.ask(str(context.abstract_syntax), options))
        for context in contexts
        if options and context.abstract_syntax in extended.NEGOTIABLE
    ]
    if user is not None:
        more.append(user.item())
    primitive.user_information = [*_ourselves(), *roles, *more]
    request: bytes = A_ASSOCIATE_RQ(primitive).encode()
    if not nul_padded:
        return request
    titles = b"".join(title.strip().encode().ljust(16, b"\0") for title in (called, calling))
    return request[:_TITLES] + titles + request[_TITLES + len(titles) :]


def read_acceptance(body: bytes, contexts: Sequence[PresentationContext]) -> tuple[Agreement, int]:
    """The agreement in the body of an A-ASSOCIATE-AC and the peer's largest PDU; raises BadPdu when it is none."""
    pdu = A_ASSOCIATE_AC()
    try:
        pdu.decode(struct.pack(">BBL", ASSOCIATE_AC, 0, len(body)) + body)
        primitive = pdu.to_primitive()
        roles: dict[str, tuple[bool, bool]] = {}
        max_pdu, confirmed = 0, False
        options: dict[str, frozenset[str]] = {}
        for item in primitive.user_information or ():
            if isinstance(item, MaximumLengthNotification):
                max_pdu = item.maximum_length_received or 0
            elif isinstance(item, SCP_SCU_RoleSelectionNegotiation):
                roles[str(item.sop_class_uid)] = bool(item.scu_role), bool(item.scp_role)
            elif isinstance(item, SOPClassExtendedNegotiation):
                uid = str(item.sop_class_uid)
                options[uid] = extended.options(uid, item.service_class_application_information or b"")
            elif isinstance(item, UserIdentityNegotiation):
                confirmed = True
        results = negotiate_as_requestor(
            list(contexts),
            list(primitive.presentation_context_definition_results_list),
            roles,  # type: ignore[arg-type]
        )
    except Exception as error:  # pynetdicom raises whatever the damaged bytes provoke
        raise BadPdu(f"an association answer that cannot be read ({type(error).__name__})", 6) from error
    return _agreement(results, options, confirmed), max_pdu


def _extension(uid: str, information: bytes) -> SOPClassExtendedNegotiation:
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid = UID(uid)
    item.service_class_application_information = information
    return item


def _ourselves(max_pdu: int = MAX_PDU) -> list[Any]:
    length = MaximumLengthNotification()
    length.maximum_length_received = max_pdu
    class_uid = ImplementationClassUIDNotification()
    class_uid.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION_VERSION
    return [length, class_uid, version]


def _agreement(
    results: Sequence[PresentationContext], options: dict[str, frozenset[str]], confirmed: bool = False
) -> Agreement:
    agreed: dict[int, Context] = {}
    rows = []
    for result in results:
        number = result.context_id or 0
        syntax = str(result.transfer_syntax[0]) if result.transfer_syntax else ""
        outcome = 0xFF if result.result is None else int(result.result)
        rows.append(
            {
                "id": number,
                "abstract_syntax": str(result.abstract_syntax),
                "transfer_syntax": syntax if outcome == 0 else "",
                "result": outcome,
                "words": CONTEXT_RESULTS.get(outcome, "unknown result"),
            }
        )
        if outcome == 0:
            agreed[number] = Context(
                number, str(result.abstract_syntax), syntax, bool(result.as_scu), bool(result.as_scp)
            )
    return Agreement(agreed, rows, options, confirmed)
