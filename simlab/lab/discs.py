"""Discs that a scene puts into the drive: as they were burnt, or with what goes wrong on the way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydicom.datadict import tag_for_keyword

from simlab.dicom import media
from simlab.dicom.instance import Instance
from simlab.errors import BadInput
from simlab.store import Store

_OURS = "discs"
"""The state that names the discs which scenes have put there."""


class DiscStage(BaseModel):
    """A disc; what goes wrong with it is described in `SceneDisc`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    instances: list[Instance] = []
    directory: bool = True
    letters: Literal["upper", "lower"] = "upper"
    missing: int = Field(0, ge=0)
    damaged: int = Field(0, ge=0)
    unlisted: int = Field(0, ge=0)
    swapped: bool = False
    told: dict[str, str] = {}

    @field_validator("told")
    @classmethod
    def _known(cls, told: dict[str, str]) -> dict[str, str]:
        for keyword in told:
            if tag_for_keyword(keyword) is None:
                raise ValueError(f"no element has the keyword {keyword!r}")
        return told


def lay_out(store: Store, drive: Path, discs: list[DiscStage]) -> None:
    """Put these discs into the drive in place of those of the scene before; other folders there stay.

    A disc of somebody else's with such a name is put aside. Raises BadInput for what cannot be burnt.
    """
    try:
        for name in json.loads(store.get_state(_OURS) or "[]"):
            shutil.rmtree(drive / name, ignore_errors=True)
        store.set_state(_OURS, json.dumps([disc.name for disc in discs]))
        for disc in discs:
            _put_aside(drive / disc.name)
            _burn(drive / disc.name, disc)
    except OSError as error:
        raise BadInput(f"a disc cannot be laid out ({error.strerror})", place=str(drive)) from None


def _put_aside(folder: Path) -> None:
    number = 2
    while folder.exists() and (aside := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    if folder.exists():
        folder.rename(aside)


def _burn(folder: Path, disc: DiscStage) -> None:
    listed = disc.instances[: len(disc.instances) - disc.unlisted] if disc.unlisted else disc.instances
    if not listed:  # an exercise that is read without a lab has no pixels
        folder.mkdir(parents=True)
        return
    media.write(folder, listed, label=media.file_set_id(disc.name), told=disc.told)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != media.DIRECTORY)
    if disc.swapped and len(files) > 1:
        first, second = files[0].read_bytes(), files[1].read_bytes()
        files[0].write_bytes(second)
        files[1].write_bytes(first)
    for path in files[len(files) - disc.missing :] if disc.missing else []:
        path.unlink()
    for path in files[: disc.damaged]:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    for number, instance in enumerate(disc.instances[len(listed) :], 1):
        (folder / f"EXTRA{number:03d}").write_bytes(instance.part10())
    if not disc.directory:
        (folder / media.DIRECTORY).unlink()
    if disc.letters == "lower":
        for path in sorted(folder.rglob("*"), key=lambda one: -len(one.parts)):
            aside = path.with_name(f"{path.name}.new")  # a file system that knows no case would see no change
            path.rename(aside)
            aside.rename(path.with_name(path.name.lower()))
