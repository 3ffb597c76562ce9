"""Presentation contexts: which SOP classes a system offers, and in which transfer syntaxes."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pydicom._uid_dict import UID_dictionary
from pynetdicom.presentation import (
    AllStoragePresentationContexts,
    PresentationContext,
    StoragePresentationContexts,
)

from simlab.dicom.scan import DEFLATED_LITTLE, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

VERIFICATION = "1.2.840.10008.1.1"
WORKLIST_FIND = "1.2.840.10008.5.1.4.31"
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
PERFORMED_STEP = "1.2.840.10008.3.1.2.3.3"
PERFORMED_STEP_RETRIEVE = "1.2.840.10008.3.1.2.3.4"
INSTANCE_AVAILABILITY = "1.2.840.10008.5.1.4.33"
PATIENT_FIND, PATIENT_MOVE, PATIENT_GET = (f"1.2.840.10008.5.1.4.1.2.1.{n}" for n in (1, 2, 3))
STUDY_FIND, STUDY_MOVE, STUDY_GET = (f"1.2.840.10008.5.1.4.1.2.2.{n}" for n in (1, 2, 3))
PATIENT_STUDY_FIND, PATIENT_STUDY_MOVE, PATIENT_STUDY_GET = (f"1.2.840.10008.5.1.4.1.2.3.{n}" for n in (1, 2, 3))
QUERY_RETRIEVE = (
    PATIENT_FIND,
    PATIENT_MOVE,
    PATIENT_GET,
    STUDY_FIND,
    STUDY_MOVE,
    STUDY_GET,
    PATIENT_STUDY_FIND,
    PATIENT_STUDY_MOVE,
    PATIENT_STUDY_GET,
)

UNCOMPRESSED = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
COMPRESSED = (
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.201",  # HTJ2K lossless
    "1.2.840.10008.1.2.4.202",  # HTJ2K lossless, RPCL
    "1.2.840.10008.1.2.5",  # RLE
    "1.2.840.10008.1.2.4.50",  # JPEG baseline
    "1.2.840.10008.1.2.4.51",  # JPEG extended
    "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.203",  # HTJ2K
    "1.2.840.10008.1.2.4.92",  # JPEG 2000 multi-component, lossless
    "1.2.840.10008.1.2.4.93",  # JPEG 2000 multi-component
    "1.2.840.10008.1.2.1.98",  # uncompressed in fragments
)
VIDEO = (
    # MPEG-2 and MPEG-4 AVC/H.264, each as one stream or cut in pieces
    *(f"1.2.840.10008.1.2.4.{n}{pieces}" for n in (100, 101, 102, 103, 104, 105, 106) for pieces in ("", ".1")),
    "1.2.840.10008.1.2.4.107",  # HEVC/H.265
    "1.2.840.10008.1.2.4.108",
)
"""Streams, which are passed through and never decoded."""
VIDEO_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.77.1.{n}.1" for n in (1, 2, 4))
"""Video endoscopic, microscopic and photographic image storage."""
STORED = (*UNCOMPRESSED, DEFLATED_LITTLE, *COMPRESSED, *VIDEO, EXPLICIT_BIG)
"""What a system that stores takes, its preference first: what needs no codec, then without loss before with."""
FAMILIES = {
    "compressed": COMPRESSED,
    "video": VIDEO,
    "deflated": (DEFLATED_LITTLE,),
    "big-endian": (EXPLICIT_BIG,),
    "explicit": (EXPLICIT_LITTLE,),
}
"""Words that stand for several transfer syntaxes where some are to be refused."""

_RETIRED_CLASSES = tuple(
    uid
    for uid, (words, kind, _info, retired, _keyword) in UID_dictionary.items()
    if retired and kind == "SOP Class" and "Storage" in words and uid.startswith("1.2.840.10008.5.1.4.1.1.")
)
STORAGE_CLASSES = (*(str(context.abstract_syntax) for context in AllStoragePresentationContexts), *_RETIRED_CLASSES)
"""What an archive takes: old ultrasound and nuclear medicine objects, whose classes are retired, among it."""
COMMON_STORAGE_CLASSES = tuple(str(context.abstract_syntax) for context in StoragePresentationContexts)
"""Those that fit into one association (PS3.8 9.3.2.2 has room for 128 contexts)."""


def supported(
    classes: Iterable[str], syntaxes: tuple[str, ...] = UNCOMPRESSED, *, both_roles: bool = False
) -> list[PresentationContext]:
    """Contexts an acceptor offers for `classes`, its preferred transfer syntax first.

    `both_roles` lets a requestor that retrieves with C-GET propose to be the SCP (PS3.7 D.3.3.4).
    """
    pattern = PresentationContext()
    pattern.transfer_syntax = list(syntaxes)
    if both_roles:
        pattern.scu_role = pattern.scp_role = True
    contexts = []
    for abstract in classes:
        # Every transfer syntax set is checked anew, which takes 30 ms for all storage classes; a copy takes 2.
        context = copy.copy(pattern)
        context.abstract_syntax = abstract
        contexts.append(context)
    return contexts


def storage(
    classes: Iterable[str] = STORAGE_CLASSES,
    *,
    refused: Iterable[str] = (),
    refused_syntaxes: Iterable[str] = (),
    both_roles: bool = False,
) -> list[PresentationContext]:
    """Contexts for storage `classes` but the `refused` ones, in every syntax of `STORED` but those refused.

    These are UIDs or one of `FAMILIES`.
    """
    shut = frozenset(refused)
    closed = {uid for named in refused_syntaxes for uid in FAMILIES.get(named, (named,))}
    syntaxes = tuple(uid for uid in STORED if uid not in closed)
    if not syntaxes:
        return []
    return supported((uid for uid in classes if uid not in shut), syntaxes, both_roles=both_roles)
