"""YAML is read safely, with positions, and every refusal names file, line and remedy."""

from pathlib import Path

import pytest

from simlab import yaml_source
from simlab.errors import BadInput
from simlab.yaml_source import locate, parse


def test_keys_and_items_know_their_lines() -> None:
    """A place is file:line of the key or the item itself."""
    found = parse("a: 1\nb:\n  - x\n  - c: 2\n", "f.yaml")
    assert found == {"a": 1, "b": ["x", {"c": 2}]}
    assert locate(found, ("b", 1, "c")) == "f.yaml:4"
    assert locate(found, ("b", 0)) == "f.yaml:3"
    assert locate(found, ("missing",)) == "f.yaml:1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("off", "off"), ("true", True), ("null", None), ("~", None), ("42", 42), ("-7", -7),
        ("007", "007"), ("1.5", 1.5), ("2026-03-02", "2026-03-02"), ("'42'", "42"), ("1.2.840", "1.2.840"),
        ("0x1F", "0x1F"), ("1_000", "1_000"), ("12:30:00", "12:30:00"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    """yes, dates, leading zeros and sexagesimals stay text."""
    assert parse(f"a: {text}", "f")["a"] == value


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: 1\n? [x]\n: 2\n", 2, "key"),
        ("[" * 50 + "]" * 50, 1, "nested"),
        ("\n- a: 1\n  b: : 2\n", 3, "not YAML"),
    ],
)
def test_what_is_refused_is_located(text: str, line: int, says: str) -> None:
    """Bombs, tags, duplicates and broken syntax are BadInput with file:line and a remedy."""
    with pytest.raises(BadInput) as refused:
        parse(text, "f.yaml")
    assert refused.value.place == f"f.yaml:{line}"
    assert says in refused.value.what
    assert refused.value.remedy


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """Size is capped before anything is parsed."""
    path = tmp_path / "huge.yaml"
    path.write_text("a: " + "x" * (yaml_source.MAX_BYTES + 1))
    with pytest.raises(BadInput, match="larger"):
        yaml_source.read(path)


@pytest.mark.parametrize("content", [b"a: \xff\xfe", b"a: \x00\x01", b"\x80"])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever the bytes, the error is a BadInput."""
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        yaml_source.read(path, "bad.yaml")
    assert refused.value.place.startswith("bad.yaml")
