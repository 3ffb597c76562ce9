"""Variables are drawn from a seed and filled in; what cannot be is an error with its place."""

from datetime import datetime

import pytest

from simlab.errors import BadInput
from simlab.training.variant import Filler, draw_all, given
from simlab.yaml_source import parse

NOW = datetime(2026, 3, 2, 7, 40)
SPECS = """
patient: {gen: patient, sex: F}
other: {gen: namesake, of: "${patient}"}
acc: {gen: accession}
uid: {gen: uid}
day: {gen: date, from: -9, to: -1}
at: {gen: time, from: "08:00", to: "17:00"}
n: {gen: int, from: 3, to: 8}
bed: {gen: text, pattern: "W##?"}
fault: {pick: [wrong_title, wrong_port]}
port: {case: "${fault}", of: {wrong_title: 104, wrong_port: 105}}
maiden: {gen: renamed, of: "${patient}"}
dob: {gen: transposed, of: "${patient.birth_date}"}
fixed: {value: "${patient.family}-X"}
"""


def drawn(seed: int, specs: str = SPECS) -> dict[str, object]:
    return draw_all(parse(specs, "v.yaml"), seed, "test", NOW, given(NOW, {"PACS": {"port": 11112}}))


def test_one_seed_draws_the_same_and_another_draws_something_else() -> None:
    """The seed alone decides."""
    assert drawn(7) == drawn(7)
    assert drawn(7)["acc"] != drawn(8)["acc"]


def test_a_further_variable_changes_no_other() -> None:
    """Each variable has its own random stream."""
    more = drawn(7, "first: {gen: patient}\n" + SPECS)
    assert {name: more[name] for name in drawn(7)} == drawn(7)


def test_drawn_values_hang_together() -> None:
    """A namesake has the same name and another number; a case follows its variable."""
    values = drawn(3)
    patient, other = values["patient"], values["other"]
    assert isinstance(patient, dict) and isinstance(other, dict)
    assert patient["name"] == other["name"] and patient["mrn"] != other["mrn"]
    assert values["port"] == {"wrong_title": 104, "wrong_port": 105}[str(values["fault"])]
    assert values["fixed"] == f"{patient['family']}-X"
    assert "20260221" <= str(values["day"]) <= "20260301"


def test_a_whole_value_keeps_its_type_and_a_text_does_not() -> None:
    """`port: ${n}` is a number, `"port ${n}"` is text, `$${` stands for itself."""
    filled = Filler({"n": 5, "p": {"a": "x"}}).fill(parse('{w: "${n}", t: "port ${n}", a: "${p.a}", e: "$${n}"}', "f"))
    assert filled == {"w": 5, "t": "port 5", "a": "x", "e": "${n}"}


def test_when_keeps_what_fits_the_variant() -> None:
    """A mapping with `when` is dropped from its list or mapping unless every condition fits."""
    text = "list:\n- {a: 1, when: {f: x}}\n- {a: 2, when: {f: [y, z]}}\nmap:\n  k: {when: {f: x}, b: 1}\n  l: {b: 2}\n"
    assert Filler({"f": "y"}).fill(parse(text, "f")) == {"list": [{"a": 2}], "map": {"l": {"b": 2}}}


def test_dates_can_be_written_in_words() -> None:
    """`.words` and `.iso` are ways to write a date."""
    assert Filler({"d": "20260302"}).text("on ${d.words}, ${d.iso}", "b.md") == "on Monday 2 March 2026, 2026-03-02"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: x\nb: ${pateint}", "Did you mean patient"),
        ("a: x\nb: ${patient.fmaily}", "family"),
        ("a: x\nb: at ${patient}", "attribute"),
    ],
)
def test_an_unknown_reference_is_located_with_the_nearest(text: str, says: str) -> None:
    """The error names the line and what was probably meant."""
    with pytest.raises(BadInput) as refused:
        Filler({"patient": {"family": "Byrne"}}).fill(parse(text, "f.yaml"))
    assert refused.value.place == "f.yaml:2" and says in refused.value.remedy


@pytest.mark.parametrize(
    "spec",
    [
        "x: {gen: elephant}",
        "x: 5",
        "X: {gen: uid}",
        "today: {gen: uid}",
        "x: {gen: int, from: 9, to: 1}",
        "x: {pick: []}",
        "x: {gen: patient, sexx: F}",
        "f: {pick: [a]}\nx: {case: '${f}', of: {b: 1}}",
        "x: {gen: patient, born: [2000, 1990]}",
    ],
)
def test_a_variable_that_cannot_be_drawn_is_refused(spec: str) -> None:
    """Every bad spec is a BadInput with a line."""
    with pytest.raises(BadInput) as refused:
        drawn(1, spec)
    assert refused.value.place.startswith("v.yaml:") and refused.value.remedy
