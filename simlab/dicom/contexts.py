"""Presentation contexts: which SOP classes a system offers, and in which transfer syntaxes."""

from __future__ import annotations

from collections.abc import Iterable

from pynetdicom.presentation import AllStoragePresentationContexts, PresentationContext

from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE

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
    "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.50",  # JPEG baseline
    "1.2.840.10008.1.2.4.51",  # JPEG extended
    "1.2.840.10008.1.2.5",  # RLE
    "1.2.840.10008.1.2.4.102",  # MPEG-4 AVC/H.264 high profile
)

STORAGE_CLASSES = tuple(str(context.abstract_syntax) for context in AllStoragePresentationContexts)


def supported(
    classes: Iterable[str], syntaxes: tuple[str, ...] = UNCOMPRESSED, *, both_roles: bool = False
) -> list[PresentationContext]:
    """Contexts an acceptor offers for `classes`, its preferred transfer syntax first.

    `both_roles` lets a requestor that retrieves with C-GET propose to be the SCP (PS3.7 D.3.3.4).
    """
    contexts = []
    for abstract in classes:
        context = PresentationContext()
        context.abstract_syntax = abstract
        context.transfer_syntax = list(syntaxes)
        if both_roles:
            context.scu_role = context.scp_role = True
        contexts.append(context)
    return contexts


def storage(
    classes: Iterable[str] = STORAGE_CLASSES, *, refused: Iterable[str] = (), both_roles: bool = False
) -> list[PresentationContext]:
    """Contexts for storage `classes` but the `refused` ones, compressed syntaxes included."""
    shut = frozenset(refused)
    return supported((uid for uid in classes if uid not in shut), UNCOMPRESSED + COMPRESSED, both_roles=both_roles)
