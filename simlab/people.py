"""Synthetic people: fictional, of a fictional NHS Trust, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from simlab.errors import BadInput
from simlab.names import Names

TRUST = "RXX01"
"""Assigning authority of the hospital numbers (CX.4, IssuerOfPatientID)."""
NHS = "NHS"
"""Assigning authority of the NHS number."""
_NHS_FIRST, _NHS_LAST = 9_990_000_000, 9_999_999_999
_POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # the inward half of a postcode never has C I K M O V


@dataclass(frozen=True)
class Person:
    """A fictional person. `sex` is F or M, `birth_date` a DICOM DA (YYYYMMDD), `mrn` the Trust's hospital number."""

    family: str
    given: str
    title: str
    sex: str
    birth_date: str
    mrn: str
    nhs_number: str
    address: str
    postcode: str
    gp: str
    phone: str

    @property
    def name(self) -> str:
        """The name as a DICOM PN (PS3.5 6.2.1.1): family^given^middle^prefix."""
        return f"{self.family.upper()}^{self.given.upper()}^^{self.title.upper()}"

    @property
    def hl7_name(self) -> str:
        """The name as an HL7 XPN: suffix and prefix stand the other way round than in a DICOM PN."""
        return f"{self.family.upper()}^{self.given.upper()}^^^{self.title.upper()}"

    @property
    def full_name(self) -> str:
        """The name as one says it."""
        return f"{self.title} {self.given} {self.family}"

    @property
    def born(self) -> date:
        """The date of birth."""
        return date.fromisoformat(self.birth_date)

    @property
    def born_text(self) -> str:
        """The date of birth as one says it: 4 March 1962."""
        return f"{self.born.day} {self.born:%B %Y}"

    def as_dict(self) -> dict[str, str]:
        """All fields and spoken forms by name, for filling in text."""
        return {
            **asdict(self),
            "name": self.name,
            "hl7_name": self.hl7_name,
            "full_name": self.full_name,
            "born_text": self.born_text,
            "issuer": TRUST,
        }


def person(rng: random.Random, *, sex: str | None = None, born: tuple[int, int] = (1930, 2015)) -> Person:
    """Draw a person: of `sex` F or M when given, born in one of the years `born` (both included)."""
    if sex not in (None, "F", "M"):
        raise BadInput(f"sex is {sex!r}", place="people", remedy="Say F, M or nothing.")
    if born[0] > born[1]:
        raise BadInput(f"nobody is born between {born[0]} and {born[1]}", place="people", remedy="Earlier year first.")
    sex = sex or rng.choice("FM")
    first, last = date(born[0], 1, 1), date(born[1], 12, 31)
    birth = first + timedelta(days=rng.randrange((last - first).days + 1))
    names = Names(rng)
    return Person(
        family=names.family(),
        given=names.given(sex),
        title=_title(rng, sex, birth.year),
        sex=sex,
        birth_date=birth.strftime("%Y%m%d"),
        mrn=hospital_number(rng),
        nhs_number=nhs_number(rng),
        address=f"{names.street()}, {names.town()}",
        postcode=_postcode(rng),
        gp=f"Dr {rng.choice('ABCDEGHJKLMNPRST')} {names.family()}",
        phone=f"07700 900{rng.randrange(1000):03d}",  # numbers that Ofcom keeps for drama
    )


def namesake(rng: random.Random, of: Person, *, same_birth_date: bool = False) -> Person:
    """Somebody else of the same name and sex: another number, another address, by default another date of birth."""
    other = person(rng, sex=of.sex)
    near = of.born
    while near == of.born:
        near = of.born + timedelta(days=rng.randrange(-2500, 2500))
    birth_date = of.birth_date if same_birth_date else near.strftime("%Y%m%d")
    return replace(other, family=of.family, given=of.given, title=of.title, birth_date=birth_date)


def twin(rng: random.Random, of: Person) -> Person:
    """A twin of the same sex: another given name and other numbers, the rest the same."""
    return replace(
        of,
        given=_other(of.given, lambda: Names(rng).given(of.sex)),
        mrn=hospital_number(rng),
        nhs_number=nhs_number(rng),
    )


def renamed(rng: random.Random, of: Person) -> Person:
    """The same person under another family name, a maiden name for instance."""
    return replace(of, family=_other(of.family, Names(rng).family))


def moved(rng: random.Random, of: Person) -> Person:
    """The same person at another address, with another telephone; the GP stays."""
    other = person(rng, sex=of.sex)
    return replace(of, address=other.address, postcode=other.postcode, phone=other.phone)


def aged(rng: random.Random, years: tuple[int, int], today: date, *, sex: str | None = None) -> Person:
    """A person who is between `years[0]` and `years[1]` years old `today`, both included."""
    oldest = _years_before(today, years[1] + 1) + timedelta(days=1)
    span = (_years_before(today, years[0]) - oldest).days + 1
    drawn = person(rng, sex=sex, born=(oldest.year, oldest.year))
    birth = oldest + timedelta(days=rng.randrange(span))
    return replace(drawn, birth_date=birth.strftime("%Y%m%d"), title=_title(rng, drawn.sex, birth.year))


def renumbered(rng: random.Random, of: Person) -> Person:
    """The same person registered a second time: a second hospital number, nothing else changed."""
    return replace(of, mrn=hospital_number(rng))


def transposed(birth_date: str) -> str:
    """A DA with day and month exchanged, or, where that is no date or changes nothing, with the year one later."""
    year, month, day = birth_date[:4], birth_date[4:6], birth_date[6:]
    if month != day and int(day) <= 12:
        return f"{year}{day}{month}"
    return (date.fromisoformat(birth_date) + timedelta(days=366)).strftime("%Y%m%d")


def hospital_number(rng: random.Random) -> str:
    """A hospital number of the Trust: seven digits."""
    return str(rng.randrange(1_000_000, 10_000_000))


def accession(rng: random.Random) -> str:
    """An accession number of the Trust, at most 16 characters (SH); the RIS itself counts from RXX90000001."""
    return f"RXX{rng.randrange(10_000_000, 90_000_000)}"


def nhs_number(rng: random.Random) -> str:
    """A valid NHS number between 999 000 0000 and 999 999 9999, which are never given to anyone."""
    while True:
        stem = f"999{rng.randrange(1_000_000):06d}"
        check = nhs_check(stem)
        if check is not None:
            return f"{stem}{check}"


def valid_nhs(text: str) -> bool:
    """Whether `text` (spaces allowed) is an NHS number by modulus 11, weights 10 to 2; a remainder of 1 is invalid."""
    digits = text.replace(" ", "")
    return len(digits) == 10 and digits.isascii() and digits.isdigit() and nhs_check(digits[:9]) == int(digits[9])


def fictional_nhs(text: str) -> bool:
    """Whether `text` is a valid NHS number from the range that is never given to anyone."""
    return valid_nhs(text) and _NHS_FIRST <= int(text.replace(" ", "")) <= _NHS_LAST


def nhs_check(stem: str) -> int | None:
    """The check digit of an NHS number's first nine digits; None where they have none."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(stem, range(10, 1, -1), strict=True)) % 11
    return {11: 0, 10: None}.get(check, check)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _other(than: str, draw: Callable[[], str]) -> str:
    while (drawn := draw()) == than:
        pass
    return drawn


def _title(rng: random.Random, sex: str, year: int) -> str:
    if sex == "M":
        return "Mr" if year < 2008 else "Master"
    if year >= 2008:
        return "Miss"
    return rng.choice(("Mrs", "Mrs", "Ms", "Miss"))


def _postcode(rng: random.Random) -> str:
    """Of the area XX, which the Royal Mail does not use."""
    return f"XX{rng.randrange(1, 21)} {rng.randrange(1, 10)}{''.join(rng.choices(_POSTCODE_LETTERS, k=2))}"
