"""The one family of errors that SimLab raises on purpose: what, where, and the remedy."""


class SimlabError(Exception):
    """Something a person can put right.

    `what` is one sentence, `place` names where (``file.yaml:12``, ``PACS:11112``, ``PID-3``), `remedy` says what to
    do about it. Subclasses that answer on the wire carry the reply: `dicom_status` (PS3.7 Annex C) or `ack_code`
    (HL7 v2.5.1 ch. 2.9.2: AA, AE, AR).
    """

    dicom_status: int | None = None
    ack_code: str | None = None

    def __init__(self, what: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.place}: {self.what}" if self.place else self.what
        if not self.remedy:
            return text
        return f"{text.rstrip('.')}. {self.remedy}"


class BadInput(SimlabError):
    """Arguments, YAML or a file that cannot be accepted as they are."""


class NotFound(SimlabError):
    """A named thing that is not there: an exercise, a patient, a route."""


class NotAllowed(SimlabError):
    """The trainee has no right to do this here; a colleague has."""


class Unavailable(SimlabError):
    """A part of the lab that cannot be reached: no lab running, a port closed, a folder not writable."""


class NotKept(Unavailable):
    """What the lab must keep cannot be written: the disk is full or failing. A sender keeps it and tries again."""

    dicom_status = 0xA700  # PS3.4 B.2.3: refused, out of resources
    ack_code = "AR"

    def __init__(self, reason: object, place: object) -> None:
        super().__init__(
            f"nothing can be kept there ({reason})",
            place=str(place),
            remedy="Make room on that disk, or open the lab in another folder with --home.",
        )
