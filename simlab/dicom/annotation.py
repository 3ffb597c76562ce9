"""What a workstation writes over a picture: whose it is, from when, which side, and which way it lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from simlab.dicom.window import holds

Corners = dict[str, list[str]]

_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
"""Letters of the patient's axes x, y, z, forwards and backwards (PS3.3 C.7.6.1.1.1)."""
_OPPOSITE = {letter: other for pair in _AXES for letter, other in (pair, pair[::-1])}
_OBLIQUE = 0.35
"""How much of a direction an axis must have to be named: a tilt of twenty degrees."""
_SIDES = {"R": "RIGHT", "L": "LEFT", "B": "BOTH SIDES", "U": ""}


def corners(ds: Dataset, frame: int, frames: int) -> Corners:
    """The lines of the four corners, `top_left` and so on; what the image does not say is left out."""
    return {
        "top_left": _lines(name(ds.get("PatientName")), _number(ds), _person(ds)),
        "top_right": _lines(
            _text(ds, "InstitutionName"),
            f"{_date(_text(ds, 'StudyDate'))} {_time(_text(ds, 'StudyTime'))}",
            _text(ds, "StudyDescription"),
            _labelled("Acc", _text(ds, "AccessionNumber")),
        ),
        "bottom_left": _lines(
            f"{_text(ds, 'Modality')} {_labelled('Se', _text(ds, 'SeriesNumber'))}",
            _text(ds, "SeriesDescription"),
            _labelled("Im", _text(ds, "InstanceNumber")) + (f" frame {frame}/{frames}" if frames > 1 else ""),
            _slice(ds, frame),
        ),
        "bottom_right": _lines(side(ds, frame), _view(ds)),
    }


def side(ds: Dataset, frame: int = 1) -> str:
    """RIGHT, LEFT or BOTH SIDES as the attributes say it, nothing where the part has no sides (U).

    What is painted on the image may say otherwise.
    """
    for keyword in ("ImageLaterality", "FrameLaterality", "Laterality"):
        letter = str(holds(ds, frame, keyword).get(keyword) or "").strip()
        if letter:
            return _SIDES.get(letter, letter)
    return ""


def edges(ds: Dataset, frame: int = 1) -> dict[str, str]:
    """Which way the patient lies, at `left`, `right`, `top` and `bottom`; empty where the image does not say it."""
    turned = holds(ds, frame, "ImageOrientationPatient").get("ImageOrientationPatient")
    if turned is not None and len(turned) == 6:
        try:
            numbers = [float(part) for part in turned]
        except (TypeError, ValueError):
            return {}
        across, down = _direction(numbers[:3]), _direction(numbers[3:])
    else:
        said = ds.get("PatientOrientation")
        if said is None or isinstance(said, str) or len(said) != 2:
            return {}
        across, down = str(said[0]), str(said[1])
    return {"left": _opposed(across), "right": across, "top": _opposed(down), "bottom": down}


def name(value: Any) -> str:
    """A person's name as it is read: family, given; other writings of it after."""
    written = []
    for part in str(value or "").split("="):
        family, _hat, given = part.partition("^")
        text = ", ".join(filter(None, (family.strip(), " ".join(given.split("^")).strip())))
        if text:
            written.append(text)
    return " = ".join(written[:2])


def _direction(cosines: Sequence[float]) -> str:
    named = sorted(
        ((abs(part), pair[part < 0]) for part, pair in zip(cosines, _AXES, strict=True) if abs(part) >= _OBLIQUE),
        reverse=True,
    )
    return "".join(letter for _size, letter in named[:2])


def _opposed(letters: str) -> str:
    return "".join(_OPPOSITE.get(letter, letter) for letter in letters)


def _lines(*lines: str) -> list[str]:
    return [" ".join(line.split()) for line in lines if line.strip()]


def _text(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    return "" if value is None else str(value).strip()


def _labelled(label: str, text: str) -> str:
    return f"{label} {text}" if text else ""


def _number(ds: Dataset) -> str:
    issuer = _text(ds, "IssuerOfPatientID")
    return _text(ds, "PatientID") + (f" ({issuer})" if issuer else "")


def _person(ds: Dataset) -> str:
    born, age = _date(_text(ds, "PatientBirthDate")), _text(ds, "PatientAge").lstrip("0")
    return "  ".join(filter(None, (f"born {born}" if born else "", _text(ds, "PatientSex"), age)))


def _slice(ds: Dataset, frame: int) -> str:
    place = holds(ds, frame, "SliceLocation").get("SliceLocation")
    thick = holds(ds, frame, "SliceThickness").get("SliceThickness")
    found = []
    for label, value in (("Loc", place), ("Thk", thick)):
        try:
            found += [f"{label} {float(value):g} mm"] if value not in (None, "") else []
        except (TypeError, ValueError):
            continue
    return "  ".join(found)


def _view(ds: Dataset) -> str:
    code = ds.get("ViewCodeSequence")
    view = _text(ds, "ViewPosition") or (_text(code[0], "CodeMeaning") if code else "")
    return f"{_text(ds, 'BodyPartExamined')} {view}"


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdigit() else text


def _time(text: str) -> str:
    return f"{text[:2]}:{text[2:4]}" if len(text) >= 4 and text[:4].isdigit() else text
