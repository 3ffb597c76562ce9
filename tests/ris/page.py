"""`python -m tests.ris.page`: writes the mapping table of docs/hl7.md anew from the RIS's own table."""

from __future__ import annotations

import re
from pathlib import Path

from pydicom.datadict import dictionary_description, tag_for_keyword

from simlab.department.ris.mapping import MAPPING, Source

PAGE = Path(__file__).parents[2] / "docs" / "hl7.md"
HEADING = "## From HL7 to the worklist"
HEAD = "| Worklist attribute | ORM^O01 | OMI^O23 | How |"
Row = tuple[str, str, str, str]


def documented() -> list[Row]:
    """The rows that the page has."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in _section()[1].splitlines() if _is_row(line)
    ]
    return [(one[0], one[1], one[2], one[3]) for one in cells]


def expected() -> list[Row]:
    """The rows that the RIS's table makes."""
    return [_row(source) for source in MAPPING]


def _row(source: Source) -> Row:
    tag = tag_for_keyword(source.keyword)
    assert tag is not None, source.keyword
    name = f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {dictionary_description(tag)}"
    return name, ", else ".join(source.orm) or "–", ", else ".join(source.omi) or "–", source.note


def _is_row(line: str) -> bool:
    return re.match(r"\| \([0-9A-F]{4},", line) is not None


def _section() -> tuple[str, str, str]:
    """The page before, in, and after the section of the mapping."""
    before, rest = PAGE.read_text("utf-8").split(HEADING)
    section, mark, after = rest.partition("\n## ")
    return before, section, mark + after


def write() -> None:
    """Put the table in place of the one that the page has."""
    before, section, after = _section()
    start, _head, rest = section.partition(HEAD)
    lines = rest.splitlines()
    kept = next((n for n, line in enumerate(lines) if n and not line.startswith("|")), len(lines))
    table = "\n".join([HEAD, "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in expected())])
    PAGE.write_text(f"{before}{HEADING}{start}{table}\n" + "\n".join(lines[kept:]) + "\n" + after, "utf-8")


if __name__ == "__main__":
    write()
