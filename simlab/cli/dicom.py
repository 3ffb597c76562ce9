"""`simlab dicom`: what the workstation ADMIN asks of the department over DICOM."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import dicom_commit, dicom_files, dicom_media, files, show
from simlab.cli.dicom_peer import Asking, asks
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput, SimlabError

app = group("DICOM from the workstation ADMIN.")
app.add_typer(dicom_commit.app)
app.add_typer(dicom_files.app)
app.add_typer(dicom_media.app)

MAX_FILES_BYTES = 150 * 1024 * 1024
"""Bytes of the files of one `store`; more go in several calls."""

Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="Negotiate relational, datetime, fuzzy or timezone.", show_default=False),
]
Level = Annotated[str, typer.Option(help="PATIENT, STUDY, SERIES or IMAGE.")]
Root = Annotated[
    str | None, typer.Option(help="study or patient; by default what the level needs.", show_default=False)
]
PatientName = Annotated[str | None, typer.Option(help="Wildcards * and ? allowed.", show_default=False)]
Text = Annotated[str | None, typer.Option(show_default=False)]
Date = Annotated[str | None, typer.Option(help="YYYYMMDD, or a range: 20260101-20260131.", show_default=False)]
Keys = Annotated[
    list[str] | None, typer.Option("--key", "-k", metavar="KEYWORD=VALUE", help="Any further key.", show_default=False)
]

RETURN_KEYS: dict[str, tuple[str, ...]] = {
    "PATIENT": ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    "STUDY": (
        "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyTime", "AccessionNumber",
        "StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances", "StudyInstanceUID",
    ),
    "SERIES": ("StudyInstanceUID", "Modality", "SeriesNumber", "SeriesDescription",
               "NumberOfSeriesRelatedInstances", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "InstanceNumber", "SOPClassUID", "SOPInstanceUID"),
}  # fmt: skip
HEADINGS = {
    "PatientName": "Name", "PatientID": "Patient ID", "PatientBirthDate": "Born", "PatientSex": "Sex",
    "StudyDate": "Date", "StudyTime": "Time", "AccessionNumber": "Accession", "StudyDescription": "Description",
    "ModalitiesInStudy": "Mod.", "NumberOfStudyRelatedInstances": "Images", "StudyInstanceUID": "Study UID",
    "Modality": "Mod.", "SeriesNumber": "No.", "SeriesDescription": "Description",
    "NumberOfSeriesRelatedInstances": "Images", "SeriesInstanceUID": "Series UID", "InstanceNumber": "No.",
    "SOPClassUID": "SOP class", "SOPInstanceUID": "SOP instance UID",
}  # fmt: skip
UNIQUE_KEYS = {"PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID",
               "IMAGE": "SOPInstanceUID"}  # fmt: skip


@asks(app)
def echo(asking: Asking) -> None:
    """Ask whether a system's DICOM service answers (C-ECHO)."""
    asking.act("dicom.echo", {})


@asks(app)
def find(
    asking: Asking,
    patient_name: PatientName = None,
    patient_id: Text = None,
    birth_date: Date = None,
    study_date: Date = None,
    accession: Text = None,
    study_uid: Text = None,
    series_uid: Text = None,
    modality: Text = None,
    key: Keys = None,
    level: Level = "STUDY",
    root: Root = None,
    limit: Annotated[int, typer.Option(help="Answers after which the query is cancelled.")] = 1000,
    option: Options = None,
) -> None:
    """Query an archive (C-FIND)."""
    level = _level(level)
    keys = dict.fromkeys(RETURN_KEYS[level], "")
    keys |= _keys(level, patient_name, patient_id, birth_date, study_date, accession, study_uid, series_uid, modality)
    keys |= _further(key)
    arguments = {"keys": keys, "level": level, "root": _root(root, level), "limit": limit} | _negotiated(option)
    columns = {keyword: HEADINGS.get(keyword, keyword) for keyword in keys if keyword != "StudyTime"}
    asking.act("dicom.find", arguments, columns)


@asks(app)
def move(
    asking: Asking,
    destination: Annotated[str, typer.Argument(help="AE title of where it shall go: THEATRE, CLINIC, ADMIN...")],
    study_uid: Text = None,
    series_uid: Text = None,
    patient_id: Text = None,
    key: Keys = None,
    level: Level = "STUDY",
    root: Root = None,
    option: Options = None,
) -> None:
    """Have the archive send a study to a destination it knows (C-MOVE)."""
    arguments = _retrieval(_level(level), root, study_uid, series_uid, patient_id, key) | _negotiated(option)
    asking.act("dicom.move", arguments | {"destination": destination})


@asks(app)
def get(
    asking: Asking,
    study_uid: Text = None,
    series_uid: Text = None,
    patient_id: Text = None,
    key: Keys = None,
    level: Level = "STUDY",
    root: Root = None,
    option: Options = None,
) -> None:
    """Fetch a study to the workstation (C-GET); `simlab dicom receive` copies it out."""
    arguments = _retrieval(_level(level), root, study_uid, series_uid, patient_id, key) | _negotiated(option)
    asking.act("dicom.get", arguments)


@asks(app)
def store(
    asking: Asking,
    files: Annotated[
        list[Path] | None, typer.Argument(help="DICOM files, or folders of them.", show_default=False)
    ] = None,
    study_uid: Annotated[
        str | None, typer.Option(help="A study that the workstation holds, instead of files.", show_default=False)
    ] = None,
) -> None:
    """Send files, or a study of the workstation, to a system (C-STORE)."""
    contents = _contents(files or [])
    arguments = {"files": list(contents.values()), "names": list(contents)}
    asking.act("dicom.store", arguments | ({"study": study_uid} if study_uid else {}))


@asks(app, "RIS")
def worklist(
    asking: Asking,
    station: Annotated[str | None, typer.Option(help="Scheduled station AE title.", show_default=False)] = None,
    modality: Text = None,
    date: Annotated[str, typer.Option(help="today, YYYYMMDD, a range, or all.")] = "today",
    patient_name: PatientName = None,
    patient_id: Text = None,
    accession: Text = None,
    option: Options = None,
) -> None:
    """Ask the RIS for scheduled procedure steps (Modality Worklist C-FIND)."""
    if date == "today":
        date = str(asking.door.get("/status")["clock"])[:10].replace("-", "")
    keys: dict[str, Any] = {
        "PatientName": patient_name or "",
        "PatientID": patient_id or "",
        "AccessionNumber": accession or "",
        "RequestedProcedureDescription": "",
        "StudyInstanceUID": "",
        "ScheduledProcedureStepSequence": [
            {
                "ScheduledStationAETitle": station or "",
                "Modality": modality or "",
                "ScheduledProcedureStepStartDate": "" if date == "all" else date,
                "ScheduledProcedureStepStartTime": "",
                "ScheduledProcedureStepDescription": "",
                "ScheduledProcedureStepID": "",
                "ScheduledProcedureStepStatus": "",
            }
        ],
    }
    done = asking.door.act("dicom.worklist", asking.whom | {"keys": keys} | _negotiated(option))
    if done["ok"] and not asking.json:
        done = {**done, "data": {"rows": [_flat(row) for row in done["data"]["rows"]]}}
    show.outcome(
        done,
        json_wanted=asking.json,
        columns={
            "ScheduledProcedureStepStartDate": "Date",
            "ScheduledProcedureStepStartTime": "Time",
            "ScheduledStationAETitle": "Station",
            "Modality": "Mod.",
            "PatientName": "Name",
            "PatientID": "Patient ID",
            "AccessionNumber": "Accession",
            "ScheduledProcedureStepDescription": "Step",
            "ScheduledProcedureStepID": "Step ID",
            "ScheduledProcedureStepStatus": "Status",
        },
    )


@app.command()
def receive(
    folder: Annotated[Path, typer.Argument(help="Where to copy to.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Copy the files that the workstation ADMIN has received."""
    held = sorted((chosen(home) / "workstation").rglob("*.dcm"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in held:
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise BadInput(
            f"the files cannot be copied ({error.strerror})", place=str(folder), remedy="Choose another folder."
        ) from None
    if json:
        show.as_json([str(folder / file.name) for file in held])
    else:
        typer.echo(f"{len(held)} files copied to {folder}")


def _negotiated(options: list[str] | None) -> dict[str, Any]:
    return {"options": options} if options else {}


def _level(text: str) -> str:
    level = text.upper()
    if level not in RETURN_KEYS:
        raise BadInput(f"{text!r} is no level", place="--level", remedy=f"Say {', '.join(RETURN_KEYS)}.")
    return level


def _root(text: str | None, level: str) -> str:
    # The study root has no patient level (PS3.4 C.6.2).
    return text or ("patient" if level == "PATIENT" else "study")


def _keys(level: str, *given: str | None) -> dict[str, str]:
    keywords = ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber", "StudyInstanceUID",
                "SeriesInstanceUID", "Modality" if level in ("SERIES", "IMAGE") else "ModalitiesInStudy")  # fmt: skip
    return {keyword: value for keyword, value in zip(keywords, given, strict=True) if value is not None}


def _further(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or []:
        keyword, equals, value = text.partition("=")
        if not keyword:
            raise BadInput("a key is not KEYWORD=VALUE", place=repr(text), remedy="For example: -k StudyDate=20260302")
        found[keyword] = value if equals else ""
    return found


def _retrieval(
    level: str, root: str | None, study: str | None, series: str | None, patient: str | None, key: list[str] | None
) -> dict[str, Any]:
    keys = _keys(level, None, patient, None, None, None, study, series, None) | _further(key)
    if not keys.get(UNIQUE_KEYS[level]):
        raise BadInput(
            f"which {level.lower()}? A retrieval names it by {UNIQUE_KEYS[level]}",
            place=f"--level {level}",
            remedy="`simlab dicom find` shows the UIDs.",
        )
    return {"level": level, "root": _root(root, level), "keys": keys}


def _contents(paths: list[Path]) -> dict[str, str]:
    """Every file's content in base64, by its path; a folder stands for all files in it."""
    contents: dict[str, str] = {}
    size = 0
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            content = files.content(file, MAX_FILES_BYTES)
            size += len(content)
            if size > MAX_FILES_BYTES:
                raise SimlabError(
                    f"more than {MAX_FILES_BYTES // 2**20} MB at once", place=str(file), remedy="Send fewer files."
                )
            contents[str(file)] = base64.b64encode(content).decode()
    return contents


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    step = row.get("ScheduledProcedureStepSequence") or [{}]
    return {**row, **(step[0] if isinstance(step, list) else step)}
