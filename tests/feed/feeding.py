"""Feeds run into memory, answered as a test wants."""

from __future__ import annotations

from pathlib import Path

from simlab import yaml_source
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.library import Named
from simlab.feed.messages import event, wire
from simlab.feed.plan import Plan
from simlab.feed.run import Answer, Feed
from simlab.hl7.message import Message, parse


class Keeper:
    """Keeps every message and happening; `answers` maps a kind of happening to the codes it gets, then AA."""

    def __init__(self, dialect: Dialect | None = None, answers: dict[str, list[str]] | None = None) -> None:
        self.dialect = dialect or Dialect()
        self.answers = answers or {}
        self.sent: list[bytes] = []
        self.told: list[str] = []
        self.kinds: list[str] = []

    def take(self, happening):
        message = wire(happening, self.dialect)
        if message is None:
            return None
        self.sent.append(message)
        self.told.append(event(message))
        self.kinds.append(happening.kind)
        codes = self.answers.get(happening.kind)
        return Answer(codes.pop(0) if codes else "AA", event(message))

    @property
    def messages(self) -> list[Message]:
        return [parse(one) for one in self.sent]

    def of(self, pathway: str) -> list[bytes]:
        """The messages of one pathway: MSH-10 says whose they are."""
        number = f"{library.find(pathway).pathway.number:02d}"
        return [one for one in self.sent if one.split(b"|", 10)[9][4:6].decode() == number]


def written(text: str, name: str = "mine") -> Named:
    """A pathway from YAML text."""
    return Named(name, library.checked(yaml_source.parse(text, f"{name}.yaml"), f"{name}.yaml"))


def fed(*pathways: str | Named, seed: int = 1, keeper: Keeper | None = None, **plan) -> Keeper:
    """What a feed of those pathways sends."""
    keeper = keeper or Keeper()
    named = [library.find(one) if isinstance(one, str) else one for one in pathways]
    Feed(Plan(named, seed, **plan), keeper).run()
    return keeper


def pathway_file(folder: Path, text: str) -> str:
    """A pathway of one's own on disk."""
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)
