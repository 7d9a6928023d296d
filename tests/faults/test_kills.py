"""A day is wholly in the store or not at all, wherever the program dies; the next round finishes the work.

`KILLS=300 python -m pytest tests/faults/test_kills.py` is the long form.
"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from rfm_service.clock import date_of, day_of
from rfm_service.demo.book import Book
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.commands.program import run
from tests.conftest import TOKEN

from .killing import Point, calls_in, can_trace, kill_after, kill_at, spread, trace_of
from .power import events_of, states_after_cut
from .truth import days_unlike

LAST = day_of(date(2026, 11, 19))
DAYS = range(LAST - 7, LAST + 1)
BACKFILL = ("backfill", "--from", date_of(DAYS[0]).isoformat(), "--to", date_of(DAYS[-1]).isoformat())
GIFT_BELOW = 10_00
KILLS = int(os.environ.get("KILLS", "6"))
POINTS, CUTS = 2 * KILLS, 7 * KILLS


def old_book() -> Book:
    return make_shop(LAST, customers=300, days=len(DAYS) + 60)


def new_book() -> Book:
    """Of every day a document is gone, and another one changed."""
    book = old_book()
    for day in DAYS:
        first, *others = book.of_day(day)
        for document in others[-1:]:
            book.remove(document)
        book.repost(first, msgspec.structs.replace(first, lines=first.lines * 2))
    return book


OLD, NEW = old_book(), new_book()
found: list[Point] = []


def points(home: Home, scratch: Path) -> list[Point]:
    """Where to kill, found out once on a copy of the home."""
    if not found:
        copy = shutil.copytree(home.path, scratch / "counted")
        counted = Home(copy, copy / "config" / "service.toml", home.settings)
        found.extend(spread(calls_in(trace_of(counted, scratch / "traces", *BACKFILL)), POINTS))
    return found


@pytest.fixture
def killed(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home that knows the old book, while the ERP already serves the new one; looked at after the test's kill."""
    with ErpServer(OLD, TOKEN) as erp:
        monkeypatch.setenv("RFM_ERP__URL", erp.url)
        assert run(home, *BACKFILL)[0] == 0
    with ErpServer(NEW, TOKEN) as erp:
        monkeypatch.setenv("RFM_ERP__URL", erp.url)
        yield home
        assert_whole(home)
        assert run(home, *BACKFILL)[0] == 0
        with opened(home.database) as store:
            assert days_unlike(store, NEW, days=DAYS) == []
            assert verify.wrong_orders(store, GIFT_BELOW) == 0


def assert_whole(home: Home) -> None:
    """Every day is as one of the books has it, and everything adds up."""
    with opened(home.database) as store:
        assert verify.damages(store) == []
        assert days_unlike(store, OLD, NEW, days=DAYS) == []
        assert verify.wrong_orders(store, GIFT_BELOW) == 0
        assert verify.unbalanced_days(store) == []


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_a_random_instant(killed: Home, seed: int) -> None:
    kill_after(killed, 0.4 + random.Random(seed).random(), *BACKFILL)


@pytest.mark.skipif(not can_trace(), reason="needs strace, and leave to trace")
@pytest.mark.parametrize("place", range(POINTS))
def test_killed_at_a_system_call(killed: Home, tmp_path: Path, place: int) -> None:
    assert kill_at(killed, points(killed, tmp_path)[place], *BACKFILL) != 0


@pytest.mark.skipif(not can_trace(), reason="needs strace, and leave to trace")
def test_the_power_goes_at_any_moment(killed: Home, tmp_path: Path) -> None:
    before = {str(file): file.read_bytes() for file in killed.database.parent.glob("sales.db*")}
    events = [event for event in events_of(trace_of(killed, tmp_path / "traces", *BACKFILL)) if event.path in before]
    assert {event.call for event in events} >= {"pwrite64", "fdatasync", "ftruncate"}
    rng = random.Random(1)
    for cut in sorted(rng.sample(range(1, len(events)), CUTS)):
        for path, content in states_after_cut(events, before, cut, rng).items():
            Path(path).write_bytes(content)
        assert_whole(killed)


def test_points_are_spread_over_all_calls() -> None:
    some = spread(Counter(pwrite64=30, fdatasync=10), 8)
    assert some[0] == Point("pwrite64", 1)
    assert {point.call for point in some} == {"pwrite64", "fdatasync"}
