"""Which accepted presentation context an instance is sent in, and what becomes of it on that account."""

from __future__ import annotations

from simlab.dicom.association import Association, Context
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from simlab.dicom.transcode import LOSSLESS, convert, convertible


def fitting(association: Association, instance: Instance) -> tuple[Context | None, Instance]:
    """A context for the instance and the instance in its transfer syntax; None when there is none for its class.

    The syntax it is stored in is best, then what needs no codec to read, then the lossless one that we write. Raises
    NoConversion when it can be had in none of those accepted, Malformed for a damaged instance.
    """
    sop_class, stored = instance.header().sop_class_uid, instance.transfer_syntax
    accepted = [c for c in association.contexts.values() if c.abstract_syntax == sop_class and c.as_scu]
    if not accepted:
        return None, instance
    best = (stored, EXPLICIT_LITTLE, IMPLICIT_LITTLE, LOSSLESS)
    accepted.sort(key=lambda c: best.index(c.transfer_syntax) if c.transfer_syntax in best else len(best))
    context = next((c for c in accepted if convertible(stored, c.transfer_syntax)), accepted[0])
    return context, convert(instance, context.transfer_syntax)
