"""The session of an editor's documents, between an analysis and a screen that are stood in for."""

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from portlint.lsp import session
from portlint.lsp.child import Child
from portlint.lsp.held import Snapshot
from portlint.lsp.session import Session
from portlint.lsp.settings import Settings
from portlint.lsp.views import TextView
from portlint.lsp.wire import Analyse, Analysed, Place

pytestmark = pytest.mark.asyncio
PLACE = Place(root="/nowhere", name="a.py")


class Analyst(Child):
    """Answers changes with a first answer, and all else with a whole one, when it may."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.orders: list[Analyse] = []
        self.may = asyncio.Event()
        self.may.set()

    async def analyse(self, order: Analyse) -> Analysed:
        self.orders.append(order)
        await self.may.wait()
        return Analysed(id=order.id, first=order.quick)


class Glass:
    """Shows what it is told to, and fails where a test wants it to."""

    def __init__(self, refreshes: bool = False, fault: str = "") -> None:
        self.refreshes = refreshes
        self.fault = fault
        self.seen: list[Any] = []

    def look(self, uri: str) -> Snapshot:
        return Snapshot(PLACE, TextView(uri, "x = 1\n", "a.py", "/nowhere"), 1, Settings())

    def stamp(self, uri: str) -> object:
        return 1

    def publish(self, uri: str, found: list[types.Diagnostic]) -> None:
        self.seen.append(uri)

    def refresh(self) -> None:
        self.seen.append("refresh")

    def told(self, snapshot: Snapshot, answer: Analysed) -> None:
        if self.fault:
            raise ValueError(self.fault)

    def failed(self, error: BaseException) -> None:
        self.seen.append(str(error))


def opened(glass: Glass, monkeypatch: pytest.MonkeyPatch, rest: float = 0) -> Session:
    """A session whose settings are known."""
    monkeypatch.setattr(session, "REST", rest)
    found = Session(Analyst(), glass)
    found.configured.set()
    return found


async def settled(made: Session, times: int = 20) -> None:
    """Wait until all that is ready has run."""
    for _ in range(times):
        await asyncio.sleep(0)


async def test_a_fault_in_showing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    glass = Glass(fault="no such window")
    made = opened(glass, monkeypatch)
    made.changed("a")
    await settled(made)
    assert glass.seen == ["no such window"]


async def test_what_was_answered_waits_for_what_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened(Glass(), monkeypatch)
    analyst = made.child
    assert isinstance(analyst, Analyst)
    made.changed("a", why="typed")
    await settled(made)
    assert [(order.typing, order.quick) for order in analyst.orders] == [
        (True, True),
        (True, False),
    ]
    analyst.may.clear()
    made.changed("a", why="rested")
    await settled(made)
    slow = made.held["a"].run
    made.changed("b")
    await settled(made)
    assert slow is not None and slow.cancelled()
    assert made.held["a"].is_running() and not made.held["a"].stale
    analyst.may.set()
    await settled(made)
    assert not made.held["a"].is_running() and not made.held["b"].is_running()


@pytest.mark.parametrize(("refreshes", "quick"), [(True, [True, False]), (False, [False])])
async def test_who_asks_gets_a_first_answer_if_he_can_be_told_of_the_second(
    monkeypatch: pytest.MonkeyPatch, refreshes: bool, quick: list[bool]
) -> None:
    glass = Glass(refreshes)
    made = opened(glass, monkeypatch)
    analyst = made.child
    assert isinstance(analyst, Analyst)
    made.changed("a", why="typed")
    made.pull("a", "a")
    assert await made.fresh("a") is not None
    await settled(made)
    assert [order.quick for order in analyst.orders] == quick
    assert glass.seen == ["refresh"] * (len(quick) - 1)


async def test_what_is_opened_again_has_another_number(monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened(Glass(), monkeypatch)
    numbers = []
    for _ in range(3):
        made.changed("a")
        await settled(made)
        numbers.append(made.held["a"].generation)
        made.closed("a")
    assert len(set(numbers)) == 3
