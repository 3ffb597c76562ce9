"""The one background event loop on which every MLLP server of a process runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _running() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="mllp", daemon=True).start()
        return _loop


def run(work: Coroutine[Any, Any, _T], seconds: float | None = 10.0) -> _T:
    """Run a coroutine on the loop from another thread and give its result; TimeoutError after `seconds`."""
    return asyncio.run_coroutine_threadsafe(work, _running()).result(seconds)
