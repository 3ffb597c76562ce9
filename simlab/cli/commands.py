"""The table of commands: what each is called, which module carries it out, and its one line of help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One command: `attribute` of `module` is its function, or the Typer of its sub-commands. Imported when used."""

    section: str
    name: str
    module: str
    attribute: str
    help: str


_LAB, _ACT, _COURSE, _AUTHOR, _FACULTY = "The lab", "Act", "The course", "Write exercises", "For trainers"

COMMANDS: tuple[Entry, ...] = (
    Entry(_LAB, "up", "lab", "up", "Run the lab here until Ctrl-C or `simlab down`."),
    Entry(_LAB, "down", "lab", "down", "Stop the lab."),
    Entry(_LAB, "status", "lab", "status", "Say where the lab's systems listen."),
    Entry(_LAB, "reset", "lab", "reset", "Put the department back to how the attempt or the scene began."),
    Entry(_LAB, "stage", "lab", "stage", "Put another scene into the department that runs."),
    Entry(_LAB, "log", "log", "log", "Show what happened, from the journal."),
    Entry(_LAB, "doctor", "doctor", "doctor", "Look whether this computer has what SimLab needs."),
    Entry(_LAB, "tls", "tls", "app", "Make and list the lab's own TLS certificates."),
    Entry(_LAB, "demo", "demo", "demo", "Play one exercise from the untouched scene to full marks."),
    Entry(_ACT, "act", "act", "act", "Do any action by its name."),
    Entry(_ACT, "dicom", "dicom", "app", "DICOM from the workstation ADMIN; files: show, dump, diff, png."),
    Entry(_ACT, "hl7", "hl7", "app", "HL7: send, receive, replay, show, validate and change messages."),
    Entry(_ACT, "pacs", "pacs", "app", "The PACS console: peers, studies, merges."),
    Entry(_ACT, "ris", "ris", "app", "The RIS console: orders, arrivals, worklists, performed steps."),
    Entry(_ACT, "epr", "epr", "app", "The electronic patient record: patients, visits, orders, results."),
    Entry(_ACT, "modality", "modality", "app", "A scanner's console: scan, performed steps, commitment."),
    Entry(_ACT, "viewer", "viewer", "app", "The viewers: what they hold, and room on their disks."),
    Entry(_ACT, "neighbour", "neighbour", "app", "The hospital next door: what it holds, sends and receives."),
    Entry(_ACT, "engine", "engine", "app", "The interface engine: routes and queues."),
    Entry(_ACT, "feed", "feed", "app", "A hospital's day from pathways: to a file, any HL7 port, or into the lab."),
    Entry(_ACT, "desk", "desk", "app", "Your desk: inbox, answers, colleagues, tickets."),
    Entry(_COURSE, "list", "course", "list_exercises", "List the exercises."),
    Entry(_COURSE, "start", "course", "start", "Start an exercise."),
    Entry(_COURSE, "brief", "course", "brief", "Read the brief and the tasks of the open attempt."),
    Entry(_COURSE, "hint", "course", "hint", "Open the next hint of a task."),
    Entry(_COURSE, "check", "course", "check", "See which checks hold now."),
    Entry(_COURSE, "submit", "course", "submit", "Hand the attempt in and get the grade."),
    Entry(_COURSE, "debrief", "course", "debrief", "Read what happened, and why."),
    Entry(_COURSE, "history", "course", "history", "List your attempts."),
    Entry(_AUTHOR, "studies", "studies", "app", "The sample studies: list, write their files, look at them."),
    Entry(_AUTHOR, "author", "author", "app", "Make, lint and verify exercises."),
    Entry(_FACULTY, "cohort", "cohort", "cohort", "Show who has come how far, a row a person and exercise."),
)
