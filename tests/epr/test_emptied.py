"""A fact that is emptied in the EPR is emptied wherever it is known: HL7 says so with two quotation marks."""

import pytest

FACTS = {"birth_date": "19700101", "sex": "F", "address": "1 Hill Road", "phone": "01632 960001"}


def _known(hospital):
    number = hospital.person()
    hospital.do("epr.update", patient=number, facts=FACTS)
    return number


@pytest.mark.parametrize("written", ["", '""'])
@pytest.mark.parametrize(
    ("fact", "path"), [("address", "PID-11"), ("phone", "PID-13"), ("birth_date", "PID-7"), ("sex", "PID-8")]
)
def test_an_emptied_fact_is_empty_in_the_epr_and_the_ris(hospital, fact, path, written):
    """The message has "" there (v2.5.1 ch. 2.5.3.5): empty alone would leave what the receiver knows."""
    number = _known(hospital)
    hospital.do("epr.update", patient=number, facts={fact: written})
    assert hospital.sent().get(path) == '""'
    assert hospital.one("epr.patients", patient_id=number)[fact] == ""
    assert hospital.one("ris.patients", patient_id=number)[fact] == ""


def test_what_was_empty_before_is_not_said_to_be_emptied(hospital):
    """Only what was there is deleted, so that messages do not fill with quotation marks."""
    number = hospital.person()
    hospital.do("epr.update", patient=number, facts={"address": "", "phone": "01632 960002"})
    assert hospital.sent().get("PID-11") == ""


def test_the_next_message_leaves_an_emptied_fact_alone(hospital):
    """It was told once."""
    number = _known(hospital)
    hospital.do("epr.update", patient=number, facts={"address": ""})
    hospital.do("epr.update", patient=number, facts={"phone": "01632 960003"})
    assert hospital.sent().get("PID-11") == ""


def test_an_emptied_doctor_is_told_in_pd1(hospital):
    """PD1-4 is deleted as a whole."""
    number = hospital.person()
    hospital.do("epr.update", patient=number, facts={"gp": "BARNES^J"})
    hospital.do("epr.update", patient=number, facts={"gp": ""})
    assert hospital.sent().get("PD1-4") == '""'


def test_a_name_is_not_emptied(hospital):
    """Everybody has one."""
    number = _known(hospital)
    assert "name" in hospital.refused("epr.update", patient=number, facts={"name": ""})
