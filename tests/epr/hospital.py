"""A whole lab for tests of what a message of the EPR comes to in RIS and PACS."""

from simlab import provenance
from simlab.department.pacs import PacsPatient, PacsStage
from simlab.hl7.message import from_text
from simlab.training.scene import load_scene

TRUST = "RXX01"


class Hospital:
    """The small hospital; every person drawn from it is known to all three systems, under a number of their own."""

    def __init__(self, lab):
        self.lab = lab
        self._drawn = 0
        lab.stage(load_scene("small-hospital", lab))

    def do(self, name, **args):
        """Carry out an action, which must succeed, and let everything it causes come to rest."""
        outcome = self.lab.perform(name, args)
        assert outcome.ok, f"{name}: {outcome.summary}"
        self.lab.settle()
        return outcome.data

    def refused(self, name, **args):
        """Carry out an action that is refused; gives why."""
        outcome = self.lab.perform(name, args)
        assert not outcome.ok, outcome.summary
        return outcome.summary

    def rows(self, view, **filters):
        with self.lab.snapshot() as look:
            return look.view(view, **filters)

    def one(self, view, **filters):
        (row,) = self.rows(view, **filters)
        return row

    def person(self, known=True):
        """A new person's number: the EPR has registered them (A28), the PACS holds images of them."""
        self._drawn += 1
        number = str(5_000_000 + self._drawn)
        if known:
            self.do("epr.register", patient=number, event="A28", facts={"name": f"DRAWN^N{self._drawn}", "sex": "F"})
        with provenance.acting(provenance.SCENE):
            self.lab.pacs.stage(
                PacsStage(
                    patients=[PacsPatient(patient_id=number, issuer=TRUST, name=f"DRAWN^N{self._drawn}", sex="F")]
                )
            )
        return number

    def ordered(self, patient, **facts):
        """An order of the EPR for a CT head; gives its placer number and its accession number."""
        placer = self.do("epr.order", **{"patient": patient, "exam": "CSKUH", "description": "CT Head", **facts})[
            "placer"
        ]
        (row,) = [row for row in self.rows("ris.orders", patient_id=patient) if row["placer"] == placer]
        return placer, row["accession"]

    def sent(self, system="epr"):
        """The newest message of a system's outbox, parsed."""
        return from_text(self.rows(f"{system}.outbox")[-1]["message"].replace("\r", "\n"))

    def event(self):
        """MSH-9.2 of the EPR's newest message."""
        return self.sent().get("MSH-9.2")
