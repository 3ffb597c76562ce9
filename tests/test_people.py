"""Synthetic people are fictional, plausible and the same for the same seed."""

import random

import pytest

from simlab import people
from simlab.errors import BadInput


def test_the_same_seed_gives_the_same_person():
    """A person depends on the seed alone."""
    assert people.person(random.Random(7)) == people.person(random.Random(7))
    assert people.person(random.Random(7)) != people.person(random.Random(8))


def test_every_nhs_number_is_valid_and_fictional():
    """NHS numbers pass modulus 11 and stand between 999 000 0000 and 999 999 9999."""
    rng = random.Random(1)
    assert all(people.fictional_nhs(people.nhs_number(rng)) for _ in range(2000))


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("943 476 5919", True),
        ("9434765919", True),
        ("9434765918", False),
        ("1234567890", False),
        ("943476591", False),
        ("943476591X", False),
        ("٩٤٣٤٧٦٥٩١٩", False),
        ("", False),
    ],
)
def test_the_check_digit_is_modulus_11(text, valid):
    """The published example passes, a changed digit, a letter and a wrong length do not."""
    assert people.valid_nhs(text) is valid


def test_sex_and_birth_years_are_kept_to():
    """Someone asked for by sex and years is of that sex and those years."""
    rng = random.Random(3)
    drawn = [people.person(rng, sex="F", born=(1948, 1952)) for _ in range(200)]
    assert {p.sex for p in drawn} == {"F"}
    assert {p.born.year for p in drawn} == {1948, 1949, 1950, 1951, 1952}


def test_names_fit_ascii_and_accessions_fit_sh():
    """Names pass through any character set; accession numbers keep within 16 characters (PS3.5 SH)."""
    rng = random.Random(4)
    for _ in range(300):
        assert people.person(rng).name.isascii()
        assert len(people.accession(rng)) <= 16


def test_a_namesake_shares_the_name_only():
    """A namesake has the name and sex, but other numbers and another date of birth unless it is asked for."""
    rng = random.Random(5)
    one = people.person(rng)
    other = people.namesake(rng, one)
    assert (other.family, other.given, other.sex) == (one.family, one.given, one.sex)
    assert other.mrn != one.mrn and other.nhs_number != one.nhs_number and other.birth_date != one.birth_date
    assert people.namesake(rng, one, same_birth_date=True).birth_date == one.birth_date


def test_a_twin_differs_in_given_name_and_numbers():
    """Twins share family, birth date and address."""
    rng = random.Random(6)
    one = people.person(rng)
    two = people.twin(rng, one)
    assert (two.family, two.birth_date, two.address) == (one.family, one.birth_date, one.address)
    assert two.given != one.given and two.mrn != one.mrn and two.nhs_number != one.nhs_number


def test_a_second_registration_changes_the_hospital_number_only():
    """A duplicate registration is the same person with a second hospital number."""
    rng = random.Random(6)
    one = people.person(rng)
    again = people.renumbered(rng, one)
    assert again.mrn != one.mrn and again.nhs_number == one.nhs_number and again.name == one.name


@pytest.mark.parametrize(
    ("one", "other"), [("19620304", "19620403"), ("19620325", "19630326"), ("19620404", "19630405")]
)
def test_a_transposed_birth_date_is_another_real_date(one, other):
    """Day and month change places where that gives another date."""
    assert people.transposed(one) == other


def test_nonsense_is_refused():
    """A sex that is none, or years the wrong way round, are named."""
    with pytest.raises(BadInput):
        people.person(random.Random(1), sex="X")
    with pytest.raises(BadInput):
        people.person(random.Random(1), born=(2000, 1990))


def test_the_hl7_name_changes_prefix_and_suffix_about():
    """A DICOM PN has the prefix fourth, an HL7 XPN fifth."""
    one = people.person(random.Random(9))
    assert one.name.split("^")[3] == one.hl7_name.split("^")[4] == one.title.upper()
