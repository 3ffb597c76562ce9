"""SimLab, Orthanc and dcmqrscp answer the same queries alike, but for the differences that are documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import peers
from tests.conformance.beside import DIFFERENCES, OURS, QUERIES, ask, fill
from tests.tools import missing


@pytest.mark.parametrize("name", list(peers.PEERS))
def test_answers(name: str, tmp_path: Path) -> None:
    """Every query of the table: matches and final status; a product that is not installed is said."""
    if name in peers.absent():
        missing(name)
    with peers.PEERS[name](tmp_path / "archive", nodelay=True) as archive:
        fill(archive, tmp_path / "files")
        answers = {query.what: ask(archive, query) for query in QUERIES}
    assert answers == OURS | DIFFERENCES.get(name, {})
