"""What a workstation does with discs and with copies for others: import, export, de-identify."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simlab.dicom import client, deidentify, media, residue, statuses
from simlab.dicom.client import Peer
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound
from simlab.lab import reconciling
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SEEN = "somebody has looked at what looks like words in the pixels: it is nobody's name"
_MOST = 500
"""Leftovers that are told one by one."""
Disc = Annotated[str, Field(description="the disc's name: a folder in `media` of the lab's home")]


def _folder(lab: Systems, disc: str) -> Path:
    """A disc's folder; a name is no path."""
    if not _NAME.fullmatch(disc):
        raise BadInput(f"{disc[:80]!r} is no name of a disc", place="disc", remedy="Use letters, digits and hyphens.")
    return lab.home.media / disc


class ImportMedia(Action):
    """Read a disc (DICOMDIR and files) into the workstation, as it is or under an identity of this hospital.

    With an `identity` the images are coerced, and what stood there goes into the Original Attributes (IHE IRWF). The
    patient's number, or the accession of an order, says who it is; name, birth date and sex are those of the record.
    """

    name: ClassVar[str] = "dicom.import_media"
    disc: Disc
    study: str = Field("", description="only this Study Instance UID")
    identity: dict[str, str] = Field(
        {}, description="patient_id, issuer or accession; of a patient not known here patient_name, birth_date, sex too"
    )
    to: str = Field("", description="a system to send it to at once: PACS")

    def perform(self, lab: Systems) -> Result:
        unknown = ", ".join(sorted(set(self.identity) - set(reconciling.KEYWORDS)))
        if unknown:
            takes = ", ".join(reconciling.KEYWORDS)
            raise BadInput(f"{unknown} is no identity", place="identity", remedy=f"It takes {takes}.")
        peer = lab.endpoint(self.to) if self.to else None
        if peer is not None and not peer.ae_title:
            raise BadInput(f"{self.to} does not speak DICOM", place="to", remedy="Choose PACS.")
        found = media.read(_folder(lab, self.disc))
        wanted = self._wanted(found)
        person, told_of = {}, ""
        if self.identity:
            with lab.store.read() as tx:
                person = reconciling.identity(tx, self.identity)
            told_of = _told_of(wanted, person)
            moment = lab.clock.now()
            wanted = [
                one.with_identity(reconciling.changes(one.header(), person), moment=moment, system="ADMIN")
                for one in wanted
            ]
        taken = [one for one in wanted if lab.viewers["ADMIN"].receive(one, "MEDIA") == statuses.SUCCESS]
        told = f"{len(taken)} images imported{told_of}"
        if len(taken) < len(wanted):
            told += f", {len(wanted) - len(taken)} were not: ADMIN is full (`simlab viewer purge` makes room)"
        refused = []
        if peer is not None and taken:
            replies = client.store(Peer(peer.ae_title, peer.host, peer.port), "ADMIN", taken)
            refused = [asdict(reply) for reply in replies if not reply.stored]
            told += f", {len(replies) - len(refused)} sent to {self.to}"
            told += f", {len(refused)} refused ({refused[0]['comment'] or refused[0]['status']})" if refused else ""
        told += _wrong(found)
        studies = sorted({one.header().study_uid for one in taken})
        return Result(
            told,
            {"studies": studies, "images": len(taken), "damaged": found.damaged, "unlisted": found.unlisted,
             "lies": found.lies, "miscased": found.miscased, "directory": found.directory, "refused": refused,
             "identity": person},
            ok=not (found.damaged or found.lies or refused or len(taken) < len(wanted)),
        )  # fmt: skip

    def _wanted(self, found: media.Disc) -> list[Instance]:
        """The images to import; those of two people cannot become one person's."""
        if not found.instances:
            name, why = next(iter(found.damaged.items()))
            raise BadInput(
                f"nothing of the {len(found.damaged)} files that the disc lists can be read ({name}: {why})",
                place=self.disc,
                remedy="Ask for the disc anew.",
            )
        people: dict[tuple[str, str], set[str]] = {}
        wanted = []
        for one in found.instances:
            header = one.header()
            if self.study in ("", header.study_uid):
                wanted.append(one)
                people.setdefault((header.patient_id, header.issuer), set()).add(header.study_uid)
        if not wanted:
            there = ", ".join(sorted({one.header().study_uid for one in found.instances})[:5])
            raise NotFound(f"the disc has no study {self.study}", place=self.disc, remedy=f"It has {there}.")
        if self.identity and len(people) > 1:
            whose = "; ".join(f"{number}: {', '.join(sorted(studies)[:3])}" for (number, _), studies in people.items())
            raise BadInput(
                f"the disc has images of {len(people)} patients ({whose})",
                place=self.disc,
                remedy="Import one patient's study at a time (`study`).",
            )
        return wanted


def _told_of(wanted: list[Instance], person: dict[str, str]) -> str:
    """Who becomes whom, as the middle of a sentence; what differs is for somebody to look at."""
    header = wanted[0].header()
    told = f" as {person['patient_id']} {person['patient_name']}, on the disc {header.patient_id} {header.patient_name}"
    words = {"patient_name": "name", "birth_date": "birth date", "sex": "sex"}
    other = [
        f"{words[key]} {getattr(header, key)} is {person[key] or 'empty'} here"
        for key in reconciling.differing(header, person)
        if key != "patient_name"
    ]
    return f"{told} (is it the same person? {', '.join(other)})" if other else told


class LookAtMedia(Action):
    """Say which discs there are, or what is on one: whose studies, and what its DICOMDIR says that is not so."""

    name: ClassVar[str] = "dicom.look_at_media"
    disc: str = Field("", description="a disc's name; by default all discs are listed")

    def perform(self, lab: Systems) -> Result:
        if not self.disc:
            there = sorted(
                path.name for path in lab.home.media.glob("*") if path.is_dir() and _NAME.fullmatch(path.name)
            )
            said = ", ".join(there) or "none: put one into the drive with `simlab dicom import-media FOLDER`"
            return Result(f"{len(there)} discs: {said}", {"discs": there, "rows": []})
        found = media.read(_folder(lab, self.disc))
        studies: dict[tuple[str, str], dict[str, Any]] = {}
        for one in (instance.header() for instance in found.instances):
            row = studies.setdefault(
                (one.study_uid, one.patient_id),
                {"patient_id": one.patient_id, "patient_name": one.patient_name, "study_date": one.study_date,
                 "accession": one.accession, "description": one.study_description, "images": 0,
                 "study_uid": one.study_uid},
            )  # fmt: skip
            row["images"] += 1
        told = f"{len(found.instances)} images of {len(studies)} studies{_wrong(found)}"
        return Result(
            told,
            {"rows": list(studies.values()), "damaged": found.damaged, "unlisted": found.unlisted, "lies": found.lies,
             "miscased": found.miscased, "directory": found.directory},
        )  # fmt: skip


def _wrong(found: media.Disc) -> str:
    """What is wrong with a disc, as the rest of a sentence."""
    told = "" if found.directory else ", no DICOMDIR"
    if found.damaged:
        told += f", {len(found.damaged)} missing or damaged"
    if found.lies:
        name, what = next(iter(found.lies.items()))
        told += f", {len(found.lies)} are not what the DICOMDIR says ({name}: {what})"
    if found.miscased:
        told += f", {len(found.miscased)} are written in other letters than listed"
    if found.unlisted:
        told += f", {len(found.unlisted)} files that the DICOMDIR does not list were left"
    return told


class ExportMedia(Action):
    """Write studies of the workstation on a disc, with a DICOMDIR (PS3.10 8)."""

    name: ClassVar[str] = "dicom.export_media"
    disc: Disc
    studies: list[str] = Field(min_length=1, description="Study Instance UIDs; fetch them first")

    def perform(self, lab: Systems) -> Result:
        instances: list[Instance] = []
        for study in dict.fromkeys(self.studies):
            instances += lab.viewers["ADMIN"].instances(study)
        folder = _folder(lab, self.disc)
        written = media.write(folder, instances, label=media.file_set_id(self.disc))
        return Result(f"{written} images written to {folder}", {"folder": str(folder), "images": written})


class Deidentify(Action):
    """Make de-identified copies of a study of the workstation, and look for what is left of the person in them."""

    name: ClassVar[str] = "dicom.deidentify"
    study: str = Field(description="Study Instance UID of a study in the workstation")
    secret: str = Field("", description="the same one gives the same replacements; by default a new one")
    blank: list[tuple[int, int, int, int]] = Field([], description="left, top, width, height in pixels to wipe")
    outside_regions: bool = Field(False, description="wipe all beside the calibrated regions of ultrasound images")
    keep_private: bool = Field(False, description="leave private elements in")
    words_seen: bool = Field(False, description=_SEEN)

    def for_journal(self) -> dict[str, Any]:
        return super().for_journal() | ({"secret": "..."} if self.secret else {})

    def perform(self, lab: Systems) -> Result:
        originals = lab.viewers["ADMIN"].instances(self.study)
        made = deidentify.copies(
            originals, secret=self.secret or secrets.token_hex(16), blank=self.blank,
            outside_regions=self.outside_regions, keep_private=self.keep_private, words_seen=self.words_seen,
        )  # fmt: skip
        if not made.instances:
            why = next(iter(made.left_out.values()), "")
            raise BadInput(f"nothing of the study can be de-identified ({why})", place=self.study)
        for instance in made.instances:
            lab.viewers["ADMIN"].receive(instance, "DEIDENTIFIED")
        person = residue.known(originals)
        found = _left(made.instances, person, self.words_seen)
        header = made.instances[0].header()
        told = f"{len(made.instances)} copies of {len(originals)} images as {header.patient_id}; {_said(found)}"
        return Result(
            told,
            {"study_uid": header.study_uid, "patient_id": header.patient_id, "copies": len(made.instances),
             "left_out": made.left_out, "residue": [finding.as_json() for finding in found[:_MOST]]},
            ok=not found,
        )  # fmt: skip


class CheckResidue(Action):
    """Look in a study of the workstation for names, numbers, dates and UIDs that another one has, in every element."""

    name: ClassVar[str] = "dicom.check_residue"
    study: str = Field(description="the study that is to go out")
    of: str = Field(description="the study that it was made of, not de-identified")
    words_seen: bool = Field(False, description=_SEEN)

    def perform(self, lab: Systems) -> Result:
        person = residue.known(lab.viewers["ADMIN"].instances(self.of))
        found = _left(lab.viewers["ADMIN"].instances(self.study), person, self.words_seen)
        return Result(_said(found), {"residue": [finding.as_json() for finding in found[:_MOST]]}, ok=not found)


def _left(instances: list[Instance], person: residue.Known, words_seen: bool) -> list[residue.Finding]:
    found = [finding for instance in instances for finding in residue.left(instance, person)]
    return [finding for finding in found if not words_seen or finding.what != residue.WORDS]


def _said(found: list[residue.Finding]) -> str:
    if not found:
        return "nothing of the person is left in the elements, and nothing in the pixels that was not seen"
    kinds = ", ".join(sorted({finding.what for finding in found}))
    return f"{len(found)} leftovers: {kinds}"


ACTIONS: tuple[type[Action], ...] = (LookAtMedia, ImportMedia, ExportMedia, Deidentify, CheckResidue)
