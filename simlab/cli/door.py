"""The command line's end of the control door: plain HTTP to the lab of one home."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simlab.errors import BadInput, NotAllowed, NotFound, SimlabError, Unavailable

ANSWER_SECONDS = 120.0
"""How long a call may take; a move of a large study is the slowest."""

_ERRORS: dict[int, type[SimlabError]] = {403: NotAllowed, 404: NotFound, 503: Unavailable}


class NoLab(Unavailable):
    """No lab runs in this home."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            "no lab is running here",
            place=str(home),
            remedy="Start one with `simlab up` (or name its home with --home).",
        )


class Door:
    """Calls to the lab that runs in `home`. Raises NoLab at once when none has announced itself there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        try:
            card = json.loads((home / "lab.json").read_text(encoding="utf-8"))
            parts = urllib.parse.urlsplit(card["control"])
            self._host, self._port = parts.hostname or "", parts.port or 0
            self._headers = {"Authorization": f"Bearer {card['token']}", "Content-Type": "application/json"}
        except (FileNotFoundError, NotADirectoryError):
            raise NoLab(home) from None
        except OSError as error:
            raise Unavailable(
                f"the lab's card cannot be read ({error.strerror})", place=str(home / "lab.json")
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unavailable(
                "the lab's card is damaged", place=str(home / "lab.json"), remedy="Remove it and start the lab again."
            ) from None
        self.card: dict[str, Any] = card

    def get(self, path: str, *, seconds: float = ANSWER_SECONDS, **query: Any) -> Any:
        """GET `path`; parameters that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        try:
            target = f"{path}?{urllib.parse.urlencode(given)}" if given else path
        except UnicodeEncodeError:
            raise _no_text(path) from None
        return self._ask("GET", target, None, seconds)

    def post(self, path: str, *, seconds: float = ANSWER_SECONDS, **body: Any) -> Any:
        """POST the keyword arguments as JSON to `path`."""
        try:
            content = json.dumps(body, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise _no_text(str(body.get("name", path))) from None
        return self._ask("POST", path, content, seconds)

    def view(self, name: str, **filters: Any) -> list[dict[str, Any]]:
        """The rows of one view of the department."""
        rows: list[dict[str, Any]] = self.get(f"/view/{name}", **filters)["rows"]
        return rows

    def act(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do one action; the outcome's `ok` is false when the department said no."""
        outcome: dict[str, Any] = self.post("/act", name=name, args=dict(arguments))
        return outcome

    def stop(self, *, seconds: float = 10.0) -> bool:
        """Stop the lab and wait until it has gone; False when it is still there after `seconds`."""
        self.post("/stop")
        card = self.home / "lab.json"
        until = time.monotonic() + seconds
        while card.exists():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def _ask(self, method: str, target: str, body: bytes | None, seconds: float) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.request(method, target, body=body, headers=self._headers)
            answer = connection.getresponse()
            return _read(answer.status, answer.read(), target)
        except ConnectionRefusedError:
            # A lab that was killed leaves its card behind.
            raise NoLab(self.home) from None
        except TimeoutError:
            raise Unavailable(
                f"the lab did not answer within {seconds:g} s", place=target, remedy="See log/lab.log in its home."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(
                f"the connection to the lab broke ({error or type(error).__name__})",
                place=str(self.home),
                remedy="`simlab status` says whether it still runs.",
            ) from None
        finally:
            connection.close()


def _no_text(place: str) -> BadInput:
    return BadInput("an argument is no text in UTF-8", place=place, remedy="Give it in the terminal's own encoding.")


def _read(status: int, content: bytes, target: str) -> Any:
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        raise Unavailable(f"the lab's answer is not JSON (status {status})", place=target) from None
    if status < 400:
        return answer
    said = answer.get("error", {}) if isinstance(answer, dict) else {}
    raise _ERRORS.get(status, BadInput)(
        str(said.get("what") or f"the lab answered with status {status}"),
        place=str(said.get("place") or ""),
        remedy=str(said.get("remedy") or ""),
    )
