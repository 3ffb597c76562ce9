"""A control door without a lab behind it: canned answers, and just enough memory to play one exercise."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.tui import canned

TOKEN = "canned"


class Refusal(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.status, self.what, self.remedy = status, what, remedy


class FakeLab:
    """What the fake door remembers: the attempt, what was moved where, answers, hints, calls."""

    def __init__(self, *, started: bool = False) -> None:
        self.started = started
        self.opened: set[str] = set()
        self.moved: set[str] = set()
        self.answers: list[dict[str, Any]] = []
        self.events = list(canned.EVENTS)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.changed = threading.Condition()
        self.closing = False

    def answer(self, method: str, path: str, given: dict[str, Any]) -> Any:
        """The body of the answer to one call."""
        self.calls.append((f"{method} {path}", given))
        if path.startswith("/view/"):
            name = path.removeprefix("/view/")
            return {"rows": self.answers if name == "desk.answers" else canned.views(name, given)}
        if path.startswith("/events/"):
            return self._event(int(path.rsplit("/", 1)[1]))
        match f"{method} {path}":
            case "GET /status":
                return {"home": "/lab", "pid": 1, "version": "0.1.0", "clock": "2026-03-02T07:38:41", "scene": None,
                        "attempt": "att-7" if self.started else None, "endpoints": canned.ENDPOINTS,
                        "last_event": self.events[-1]["id"]}  # fmt: skip
            case "GET /actions":
                return canned.ACTIONS
            case "GET /events":
                return self._events(int(given.get("after", 0)), float(given.get("wait", 0)))
            case "GET /header":
                return {"rows": canned.HEADER}
            case "GET /preview":
                return canned.preview()
            case "GET /image":
                return self._image(given)
            case "GET /presentation":
                return {"label": "FINDINGS", "images": [f"{given['sop_uid'][:-2]}.1.3"]}
            case "GET /tags":
                rows = [{**row, "meaning": "", "private": False} for row in canned.HEADER]
                return {"rows": [row for row in rows if given.get("wanted", "").lower() in str(row).lower()]}
            case "GET /difference":
                return {"rows": [{"name": "Patient ID", "before": given["one"], "after": given["other"]}]}
            case "POST /act":
                return self._act(given["name"], given.get("args", {}))
            case "GET /training/exercises":
                return canned.exercises()
            case "GET /training/history":
                return canned.HISTORY
            case "GET /training/attempt":
                if not self.started:
                    raise Refusal(404, "no attempt is open")
                return canned.attempt(frozenset(self.opened))
            case "POST /training/start":
                self.started = True
                return canned.attempt(frozenset(self.opened))
            case "POST /training/check":
                return canned.marks(self.moved, bool(self.answers))
            case "POST /training/hint":
                self.opened.add(f"{given['task']}{sum(one.startswith(given['task']) for one in self.opened)}")
                return {}
            case "POST /training/submit":
                self.started = False
                return canned.marks(self.moved, bool(self.answers), submitted=True)
            case "GET /training/debrief":
                return {"text": canned.DEBRIEF, "solution": [{"dicom.move": {"destination": "THEATRE"}}]}
            case "POST /stage" | "POST /reset":
                return {}
        raise Refusal(404, f"there is no {path}")

    def _event(self, number: int) -> dict[str, Any]:
        event = next((one for one in self.events if one["id"] == number), None)
        if event is None:
            raise Refusal(404, f"there is no event {number}")
        return {**event, "evidence": canned.ADT if event["kind"] == "hl7.message" else "QueryRetrieveLevel: STUDY"}

    def _image(self, given: dict[str, Any]) -> dict[str, Any]:
        """A ramp from dark to bright, as large as there is room, that says which image and window it is."""
        side = min(int(given["width"]), int(given["height"]))
        windows = [
            {"centre": 40.0, "width": 400.0, "name": "as sent"},
            {"centre": -600.0, "width": 1500.0, "name": "lung"},
        ]
        hand = given["window"].split(",")
        window = (
            windows[int(hand[0])] if len(hand) == 1 else {"centre": float(hand[0]), "width": float(hand[1]), "name": ""}
        )
        row = bytes(min(255, x * 256 // side) for x in range(side))
        picture = (
            {"sixel": "\x1bPq~\x1b\\"} if given["form"] == "sixel" else {"rows": base64.b64encode(row * side).decode()}
        )
        return {"width": side, "height": side, "samples": 1, **picture, "frame": int(given["frame"]), "frames": 1,
                "zoom": float(given["zoom"]), "x": float(given["x"]), "y": float(given["y"]), "window": window,
                "windows": windows, "inverse": given["inverse"] == "1", "edges": {"left": "R", "right": "L"},
                "corners": {"top_left": ["Whitcombe, Harold", "RXX4410082"], "top_right": ["2026-03-01"],
                            "bottom_left": [given["sop_uid"]], "bottom_right": ["RIGHT"]}}  # fmt: skip

    def _events(self, after: int, wait: float) -> dict[str, Any]:
        until = time.monotonic() + wait
        with self.changed:
            while not self.closing and self.events[-1]["id"] <= after and time.monotonic() < until:
                self.changed.wait(0.2)
        new = [event for event in self.events if event["id"] > after]
        return {"events": new, "last": self.events[-1]["id"]}

    def _act(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        summary = f"{name} done"
        data: dict[str, Any] = {}
        match name:
            case "dicom.find":
                data = {"status": "0000", "rows": canned.find_rows(args["keys"])}
                summary = f"{len(data['rows'])} matches, status 0000"
            case "dicom.move":
                if args["destination"] != "THEATRE":
                    return {"ok": False, "name": name, "summary": "status A801: move destination unknown", "data": {},
                            "event": 13, "error": None}  # fmt: skip
                self.moved.add(args["keys"]["StudyInstanceUID"])
                self.happen()
                data = {"status": "0000", "completed": 3, "failed": 0, "warning": 0, "failed_uids": []}
                summary = "status 0000: 3 sent to THEATRE, 0 failed"
            case "desk.answer":
                self.answers.append({"id": len(self.answers), "task": args["task"], "value": args["value"]})
            case "engine.hold":
                raise Refusal(403, "holding a route is not yours to do here", "Ask interfaces (desk.ask).")
        return {"ok": True, "name": name, "summary": summary, "data": data, "event": 12, "error": None}

    def happen(self, **told: Any) -> None:
        """Let one more event be seen: images that move, or what `told` makes of it."""
        with self.changed:
            self.events.append({**canned.MOVE_EVENT, **told, "id": self.events[-1]["id"] + 1})
            self.changed.notify_all()

    def bring(self, control_id: str, cause: int | None = None) -> None:
        """Let one more HL7 message come."""
        data = {"direction": "out", "type": "ADT^A08", "control_id": control_id, "ack": "AA"}
        self.happen(system="EPR", kind="hl7.message", cause=cause, summary=f"ADT^A08 {control_id}", data=data)


class FakeDoor:
    """Serves a `FakeLab` on a free loopback port."""

    def __init__(self, lab: FakeLab | None = None) -> None:
        self.lab = lab or FakeLab()
        lab_ = self.lab

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                return

            def _serve(self) -> None:
                parts = urllib.parse.urlsplit(self.path)
                given: dict[str, Any] = dict(urllib.parse.parse_qsl(parts.query))
                length = int(self.headers.get("content-length") or 0)
                if length:
                    given.update(json.loads(self.rfile.read(length)))
                try:
                    if self.headers.get("authorization") != f"Bearer {TOKEN}":
                        raise Refusal(403, "the lab's token is missing or wrong")
                    status, body = 200, lab_.answer(self.command, parts.path, given)
                    if lab_.closing:
                        return
                except Refusal as refusal:
                    status = refusal.status
                    body = {"error": {"what": refusal.what, "place": "", "remedy": refusal.remedy}}
                content = json.dumps(body).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    return

            do_GET = do_POST = _serve

        self._handler = Handler
        self._port = 0
        self.again()
        self.url = f"http://127.0.0.1:{self._port}"

    def again(self) -> None:
        """Answer (again) at the same port."""
        self.lab.closing = False
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler)
        self._server.daemon_threads = True
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def drop(self) -> None:
        """Stop answering for a while."""
        self.lab.closing = True
        self._server.shutdown()
        self._server.server_close()

    def close(self) -> None:
        """Stop answering for good."""
        self.drop()


if __name__ == "__main__":
    from simlab.tui.app import run

    door = FakeDoor()
    run(door.url, TOKEN)
    door.close()
