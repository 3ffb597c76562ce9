"""What real scanners do that no conformance statement says: the quirks a scene or the service engineer can give one."""

from __future__ import annotations

from pydicom.dataset import Dataset

from simlab.department.modality.settings import ModalitySettings
from simlab.dicom import charset, splice
from simlab.dicom.instance import Instance
from simlab.dicom.uids import uid

_OTHER = {"L": "R", "R": "L"}
_SIDES = (0x00200060, 0x00200062)  # Laterality, Image Laterality


def as_it_sends(instances: list[Instance], now: ModalitySettings, system: str) -> list[Instance]:
    """The images of one examination as this scanner writes them: its classes, its time zone, its quirks."""
    made = [
        instance for instance in instances if not now.sop_classes or instance.header().sop_class_uid in now.sop_classes
    ]
    if now.utc_offset:
        zone = Dataset()
        zone.TimezoneOffsetFromUTC = now.utc_offset
        made = [with_elements(instance, zone) for instance in made]
    if "wrong_laterality" in now.quirks:
        made = [_other_side(instance) for instance in made]
    if "uid_reuse" in now.quirks:
        made = [_numbered(instance, uid("reuse", system, number)) for number, instance in enumerate(made)]
    return made


def with_elements(instance: Instance, changes: Dataset) -> Instance:
    """The same image with these elements in place of its own; text is written in `changes`' character set."""
    head = instance.before_pixels
    changed = splice.put(head, {int(element.tag) for element in changes}, changes, instance.coding)
    return Instance(instance.transfer_syntax, changed + instance.head[len(head) :], instance.pixels)


def corrected(instance: Instance, changes: dict[str, str]) -> Instance:
    """The image under another identity, as a console rewrites it: same UIDs, no trace of what was there before."""
    kept = splice.take(instance.before_pixels, {0x00080005}, instance.coding)
    term = kept.get("SpecificCharacterSet") or ""
    declared = term if isinstance(term, str) else "\\".join(term)
    for keyword, value in changes.items():
        setattr(kept, keyword, charset.fitted(declared, value))
    return with_elements(instance, kept)


def _other_side(instance: Instance) -> Instance:
    had = splice.take(instance.before_pixels, set(_SIDES), instance.coding)
    for element in had:
        element.value = _OTHER.get(str(element.value), element.value)
    return with_elements(instance, had) if len(had) else instance


def _numbered(instance: Instance, sop_uid: str) -> Instance:
    changes = Dataset()
    changes.SOPInstanceUID = sop_uid
    return with_elements(instance, changes)
