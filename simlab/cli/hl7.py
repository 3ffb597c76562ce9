"""`simlab hl7`: send, receive, read, judge and change HL7 messages; put together from the modules beside it."""

from __future__ import annotations

from simlab.cli import hl7_change, hl7_doors, hl7_read, hl7_wire
from simlab.cli.options import group

app = group("Send and receive HL7 messages, read those that went by, judge and change those in files.")

for _name, _command in (
    ("send", hl7_wire.send),
    ("listen", hl7_wire.listen),
    ("replay", hl7_wire.replay),
    ("doors", hl7_doors.doors),
    ("set-door", hl7_doors.set_door),
    ("sequences", hl7_doors.sequences),
    ("set-sequence", hl7_doors.set_sequence),
    ("show", hl7_read.show_messages),
    ("validate", hl7_read.validate),
    ("diff", hl7_read.diff),
    ("get", hl7_change.get),
    ("set", hl7_change.set_values),
    ("convert", hl7_change.convert),
):
    app.command(_name)(_command)
