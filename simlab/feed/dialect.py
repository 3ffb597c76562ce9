"""How a hospital writes its messages: HL7 version, profile, character set, and who is named in MSH."""

from __future__ import annotations

from dataclasses import dataclass

from simlab.errors import BadInput
from simlab.feed.state import Happening
from simlab.hl7 import build
from simlab.hl7.characters import codec
from simlab.people import TRUST

VERSIONS = ("2.3", "2.3.1", "2.4", "2.5.1")
UK = "uk"
IHE = "ihe-rad"
PROFILES = (UK, IHE)


@dataclass(frozen=True)
class Dialect:
    """How messages are written. `uk`: NHS numbers, GPs, demographics as A28/A31; `ihe-rad`: as IHE RAD has it."""

    version: str = "2.5.1"
    profile: str = UK
    character_set: str = "UNICODE UTF-8"
    facility: str = TRUST
    receiving_application: str = "ENGINE"
    receiving_facility: str = TRUST
    processing_id: str = "P"

    def __post_init__(self) -> None:
        for name, value, known in (("version", self.version, VERSIONS), ("profile", self.profile, PROFILES)):
            if value not in known:
                raise BadInput(f"there is no {name} {value!r}", place=name, remedy=f"There are: {', '.join(known)}.")
        codec(self.character_set)

    @property
    def uk(self) -> bool:
        return self.profile == UK

    @property
    def no_visit(self) -> build.Visit:
        """What PV1 says outside any visit: not applicable, which table 0004 has from 2.4 on."""
        return build.Visit(patient_class="O" if self.version in ("2.3", "2.3.1") else "N")

    def header(self, it: Happening, sender: str) -> build.Header:
        """MSH of what tells of `it`."""
        return build.Header(
            sender,
            self.facility,
            self.receiving_application,
            self.receiving_facility,
            it.control,
            it.at,
            self.version,
            self.character_set,
            self.processing_id,
        )
