"""What can still be read of a DICOM file that ends early or breaks off into nonsense."""

from __future__ import annotations

from contextlib import suppress

from simlab.dicom.instance import Instance, declared
from simlab.dicom.scan import DEFLATED_LITTLE, Malformed, coding, elements
from simlab.errors import BadInput


def read(content: bytes, place: str = "") -> tuple[Instance, BadInput | None]:
    """The instance of a file with its whole elements up to where it is damaged, and what stops it there, if anything.

    Raises BadInput for what is no DICOM file, and where no element is whole.
    """
    try:
        return Instance.from_part10(content, place, stored=False), None
    except BadInput as error:
        damage = error
    whole = 0
    if content[128:132] == b"DICM":
        with suppress(Malformed):
            syntax, start = declared(content)
            whole = 0 if syntax == DEFLATED_LITTLE else _whole(content[start:], syntax)
    if not whole:
        raise damage
    return Instance(syntax, content[start : start + whole]), damage


def _whole(body: bytes, syntax: str) -> int:
    """How many bytes the elements take that are whole."""
    how, end = coding(syntax), 0
    with suppress(Malformed):
        for element in elements(body, explicit=how.explicit, order=how.order):
            end = element[4]
    return end
