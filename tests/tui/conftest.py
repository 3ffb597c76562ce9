"""Fixtures of the terminal's tests: a fake lab behind a door, and an app that is its client."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator

import pytest

from simlab.tui.app import SimlabApp
from simlab.tui.client import Door
from tests.tui.fake_door import TOKEN, FakeDoor, FakeLab


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's environment says of colours must not decide a test."""
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab(started=True)


@pytest.fixture
def door(lab: FakeLab) -> Iterator[FakeDoor]:
    door = FakeDoor(lab)
    yield door
    door.close()


@pytest.fixture
def app(door: FakeDoor) -> SimlabApp:
    return SimlabApp(Door(door.url, TOKEN), blocks=False)


@pytest.fixture
def make_app(door: FakeDoor) -> Callable[..., SimlabApp]:
    return lambda **given: SimlabApp(Door(door.url, TOKEN), **{"blocks": False, **given})
