"""`simlab hl7`, continued: send, receive and send again over MLLP, with a lab or without one."""

from __future__ import annotations

import base64
import importlib
import threading
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import hl7_sources, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.errors import BadInput, SimlabError, Unavailable

To = Annotated[
    str, typer.Option(help="A door of the lab (ADT, RIS_HL7…; ADT_TLS… for TLS), or mllp:// or mllps://HOST:PORT.")
]
Host = Annotated[str | None, typer.Option(help="Another host than the door's.", show_default=False)]
Port = Annotated[int | None, typer.Option(help="Another port than the door's.", show_default=False)]
Rate = Annotated[str, typer.Option(help="At most so many: 60/h, 2/m, 5/s; else as fast as they are acknowledged.")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Go on after one that was not accepted.")]
Timeout = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds to wait for an acknowledgement.")]
Certificates = Annotated[
    Path | None, typer.Option(help="Folder of ca.pem, and of server or client; else the lab's own.", show_default=False)
]
HITS = {"place": "From", "type": "Type", "control_id": "Control ID", "ack": "Ack", "text": "Says"}


def send(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", help="Files, folders, - for stdin.")] = None,
    to: To = "ADT",
    host: Host = None,
    port: Port = None,
    rate: Rate = "",
    keep_going: KeepGoing = False,
    timeout: Timeout = 10.0,
    behave: Annotated[str, typer.Option(help="Write as badly as this behaviour (a name, or a YAML file).")] = "",
    charset: Annotated[str, typer.Option(help="Put them into this character set first, MSH-18 with it.")] = "",
    certificates: Certificates = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Send messages over MLLP and print their acknowledgements; to an address, no lab is needed."""
    shots = hl7_sources.shots(files or ["-"], home, charset)
    if "://" not in to and not (rate or behave):
        found = list(islice(shots, 2))
        if len(found) == 1:
            _through_the_lab(found[0].data, to=to, host=host, port=port, home=home, json=json)
            return
        shots = chain(found, shots)
    address = _address(to, host, port, home)
    if behave:
        _badly(behave, shots, address, timeout, folder=certificates, home=home, json=json)
        return
    _fire(shots, address, rate=rate, keep_going=keep_going, timeout=timeout, folder=certificates, home=home, json=json)


def replay(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Files and folders; nothing: the lab's journal.")
    ] = None,
    to: To = "ADT",
    host: Host = None,
    port: Port = None,
    system: Annotated[str, typer.Option(help="Of the journal: what this system received.")] = "ENGINE",
    sent: Annotated[bool, typer.Option("--sent", help="Of the journal: what it sent, instead.")] = False,
    after: Annotated[int, typer.Option(help="Of the journal: only behind this event.")] = 0,
    rate: Rate = "",
    speed: Annotated[str, typer.Option(help="At the pace they once came (MSH-7), so many times faster: 1x, 10x.")] = "",
    new_ids: Annotated[bool, typer.Option("--new-ids", help="Give new control IDs, or they are duplicates.")] = False,
    keep_going: KeepGoing = False,
    timeout: Timeout = 10.0,
    certificates: Certificates = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Send messages again: those of the lab's journal, or of files, at their own pace or another."""
    volley = importlib.import_module("simlab.hl7.volley")
    shots = (
        hl7_sources.shots(files, home)
        if files
        else hl7_sources.journalled(system, "out" if sent else "in", after, home)
    )
    if new_ids:
        shots = volley.renumbered(shots)
    _fire(
        shots, _address(to, host, port, home), rate=rate, speed=speed, keep_going=keep_going, timeout=timeout,
        folder=certificates, home=home, json=json,
    )  # fmt: skip


def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 2575,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    behave: Annotated[str, typer.Option(help="Misbehave: a name (`list` lists them), or a YAML file.")] = "",
    validate: Annotated[bool, typer.Option("--validate", help="Judge messages; AE for those with errors.")] = False,
    profile: Annotated[str, typer.Option(help="Judge by these profiles too: ihe-rad, uk, FILE.yaml; by commas.")] = "",
    store: Annotated[Path | None, typer.Option(help="Write every message to this folder.", show_default=False)] = None,
    lenient: Annotated[bool, typer.Option("--lenient", help="Forgive a missing VT, or CR behind FS.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="A TLS door.")] = False,
    certificates: Certificates = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many messages; 0: never.")] = 0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Receive messages over MLLP without a lab: print, judge and store them, answer well or as badly as asked."""
    partner = importlib.import_module("simlab.hl7.partner")
    if behave == "list":
        rows = [{"name": name, "about": one.about} for name, one in partner.behaviours().items()]
        show.rows(rows, {"name": "Behaviour", "about": "What it does"}, json_wanted=json)
        return
    if behave and (tls or validate or profile or lenient):
        remedy = "Leave --tls, --validate, --profile and --lenient out, or --behave."
        raise BadInput("a behaviour has its own answers and no TLS", place="--behave", remedy=remedy)
    done = threading.Event()

    def caught(one: Any) -> None:
        if json:
            show.as_json(asdict(one))
        else:
            what = f"{one.type} {one.control_id} from {one.sending or one.peer}: {one.ack}"
            typer.echo("  ".join(filter(None, (f"{one.number}", what, one.text, one.file))))
            for finding in one.findings:
                typer.echo(f"      {finding}")
        if count and one.number >= count:
            done.set()

    folder = _folder(certificates, home)
    catcher = importlib.import_module("simlab.hl7.catcher").Catcher(
        caught,
        on_noise=lambda peer, what: typer.echo(f"noise from {peer}: {what}", err=True),
        behaviour=partner.behaviour(behave) if behave else None,
        judge=_judge(profile) if validate or profile else lambda _message: [],
        folder=store,
        credentials=(lambda: _tls().server_context(folder, "server")) if tls else None,
        lenient=lenient,
    )
    try:
        bound = catcher.open(host, port)
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(f"cannot listen ({reason})", place=f"{host}:{port}", remedy="Try --port 0.") from None
    typer.echo(f"listening on mllp{'s' if tls else ''}://{host}:{bound}; Ctrl-C ends it", err=True)
    try:
        while not done.wait(0.2):
            pass
    except KeyboardInterrupt:
        pass
    finally:
        catcher.close()


def _through_the_lab(
    data: bytes, *, to: str, host: str | None, port: int | None, home: Path | None, json: bool
) -> None:
    """A single message is sent by the lab; what is not ASCII goes byte by byte."""
    message = {"message": data.decode()} if data.isascii() else {"encoded": base64.b64encode(data).decode()}
    given = {**message, "to": to, "host": host, "port": port}
    done = Door(chosen(home)).act("hl7.send", {name: value for name, value in given.items() if value is not None})
    show.outcome(done, json_wanted=json)


def _address(to: str, host: str | None, port: int | None, home: Path | None) -> tuple[str, int, bool]:
    if "://" in to:
        found: tuple[str, int, bool] = importlib.import_module("simlab.hl7.volley").address(to)
        return found
    doors = Door(chosen(home)).get("/status")["endpoints"]
    if to not in doors or doors[to].get("ae_title"):
        known = ", ".join(name for name, one in doors.items() if not one.get("ae_title"))
        raise BadInput(f"there is no HL7 door {to}", remedy=f"There are: {known}; or mllp://HOST:PORT.")
    return host or doors[to]["host"], port or doors[to]["port"], to.endswith("_TLS")


def _fire(
    shots: Iterator[Any],
    address: tuple[str, int, bool],
    *,
    rate: str,
    keep_going: bool,
    timeout: float,
    folder: Path | None,
    home: Path | None,
    json: bool,
    speed: str = "",
) -> None:
    volley = importlib.import_module("simlab.hl7.volley")
    host, port, tls = address
    context = _context(tls, folder, home)
    hits: list[dict[str, Any]] = []
    bad = 0
    for hit in volley.fire(
        shots, host, port, timeout=timeout, context=context,
        gap=volley.gap(rate) if rate else 0.0, speed=volley.factor(speed) if speed else 0.0,
    ):  # fmt: skip
        bad += not hit.good
        row = {**asdict(hit), "ack": hit.ack or "none"}
        hits.append(row)
        if not json:
            typer.echo("  ".join(filter(None, (row[name] for name in HITS))))
        if bad and not keep_going:
            break
    if json:
        show.as_json(hits)
    else:
        typer.echo(f"{len(hits)} sent, {len(hits) - bad} accepted")
    if bad or not hits:
        raise typer.Exit(1)


def _badly(
    behave: str,
    shots: Iterator[Any],
    address: tuple[str, int, bool],
    timeout: float,
    *,
    folder: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    partner, acknowledge = (importlib.import_module(f"simlab.hl7.{name}") for name in ("partner", "acknowledge"))
    behaviour, rows = partner.behaviour(behave), []
    host, port, tls = address
    context = _context(tls, folder, home)
    for number, shot in enumerate(shots):
        try:
            answers = partner.send_as(behaviour.turn(number), host, port, shot.data, timeout, context=context)
            said = [acknowledge.read(one) for one in answers]
            told = [{"ack": one.code, "control_id": one.control_id, "text": one.text} for one in said]
        except SimlabError as error:
            told = [{"ack": "none", "text": str(error)}]
        rows += [{"place": shot.place, **one} for one in told or [{"ack": "none", "text": "no answer"}]]
    show.rows(rows, HITS, json_wanted=json)


def _judge(profile: str) -> Any:
    validator, profiles = (importlib.import_module(f"simlab.hl7.{name}") for name in ("validator", "profile"))
    wanted = [profiles.load(name.strip()) for name in profile.split(",") if name.strip()]
    return lambda message: [
        f"{one.path} {one.what}" for one in validator.validate(message, wanted) if one.severity == "error"
    ]


def _context(tls: bool, folder: Path | None, home: Path | None) -> Any:
    """What a TLS connection trusts and shows; None where there is none."""
    return _tls().client_context(_folder(folder, home)) if tls else None


def _folder(named: Path | None, home: Path | None) -> Path:
    return named or Path(importlib.import_module("simlab.lab.home").Home(chosen(home)).certificates)


def _tls() -> Any:
    return importlib.import_module("simlab.tls")
