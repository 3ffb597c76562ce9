"""Names and streets that synthetic people are given, from faker's British providers, drawn from a given generator."""

from __future__ import annotations

import importlib
import random
from typing import Any

TOWNS: tuple[str, ...] = ("Netherby", "Harrowdale", "Calderwick", "Thornbeck", "Millhaven", "Ashby Fell")
"""The fictional Trust's towns; faker's would be real places or American ones."""


class Names:
    """Draws from `rng` alone: the same state of `rng`, the same names. ASCII only, so that any character set fits."""

    def __init__(self, rng: random.Random) -> None:
        generator = _faker("generator").Generator()
        generator.random = rng
        self._rng = rng
        self._persons = _faker("providers.person.en_GB").Provider(generator)
        self._addresses = _faker("providers.address.en_GB").Provider(generator)

    def family(self) -> str:
        """A family name."""
        return str(self._persons.random_element(self._persons.last_names))

    def given(self, sex: str) -> str:
        """A given name of a person of `sex` F or M."""
        provider = self._persons
        return str(provider.random_element(provider.first_names_female if sex == "F" else provider.first_names_male))

    def street(self) -> str:
        """A house number and a street."""
        ending = self._addresses.random_element(self._addresses.street_suffixes)
        return f"{self._rng.randrange(1, 180)} {self.family()} {ending}"

    def town(self) -> str:
        """A town of the Trust's."""
        return self._rng.choice(TOWNS)


def _faker(part: str) -> Any:
    """A part of faker, loaded for the first person who is drawn: it takes long, and a lab starts without one."""
    return importlib.import_module(f"faker.{part}")
