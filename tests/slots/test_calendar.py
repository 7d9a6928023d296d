"""Nights against the calendar: years of ticks, restarts, outages, summer times and clocks that jump.

DAYS=3000 python -m pytest tests/slots/test_calendar.py    # the long form
"""

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rfm_service.clock import day_of
from rfm_service.errors import ClockWrong
from rfm_service.home import Home
from rfm_service.slots import due_night
from rfm_service.store import journal
from rfm_service.store.connection import opened, transaction
from tests.sync.builders import HandClock

DAYS = int(os.environ.get("DAYS", "120"))
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICKS = (timedelta(seconds=10), timedelta(minutes=7), timedelta(hours=1), timedelta(hours=5))
SMALL_STEPS = (-59 * 60, -600, -1, 1, 600, 3599)
ZONES = (
    "Europe/Moscow",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
)


@pytest.fixture
def store(home: Home) -> Iterator[sqlite3.Connection]:
    with opened(home.database) as store:
        store.execute("PRAGMA synchronous = OFF")
        yield store


def living_in(home: Home, zone: str, at: str) -> Home:
    """The home, its ERP in this zone, its nights at this hour."""
    erp = home.settings.erp.model_copy(update={"timezone": zone})
    night = home.settings.night.model_copy(update={"at": at})
    return Home(home.path, home.config, home.settings.model_copy(update={"erp": erp, "night": night}))


def slot_of(home: Home, moment: datetime) -> int:
    """The night that belongs to a moment, by the calendar alone."""
    local = moment.astimezone(home.settings.erp.zone)
    return day_of(local) - (local.strftime("%H:%M") < home.settings.night.at)


def work(home: Home, store: sqlite3.Connection, clock: HandClock, chance: random.Random) -> int | None:
    """What the loop does at a tick. The night that was finished; now and then the power goes in the middle of it."""
    night = due_night(home, store, clock)
    if night is None:
        return None
    run = journal.begin_run(store, night, "settings", clock.now())
    if chance.random() < 0.1:
        return None
    with transaction(store):
        journal.finish_run(store, run, clock.now())
    return night


@pytest.mark.parametrize("zone", ZONES)
def test_every_night_once(home: Home, store: sqlite3.Connection, zone: str) -> None:
    chance = random.Random(zone)
    at = chance.choice(("00:00", "00:30", "02:00", "02:30", "03:10", "23:55"))
    shop, clock = living_in(home, zone, at), HandClock(START)
    done, ticked = Counter[int](), dict[int, int]()
    while clock.now() < START + timedelta(days=DAYS):
        clock.moment += chance.choice(TICKS) if chance.random() < 0.98 else timedelta(days=chance.uniform(1, 5))
        ticked[slot_of(shop, clock.now())] = ticked.get(slot_of(shop, clock.now()), 0) + 1
        night = work(shop, store, clock, chance)
        done.update([] if night is None else [night])
    assert set(done.values()) == {1}
    assert set(done) <= set(ticked)
    unlucky = set(ticked) - set(done)  # the power went at each of its few ticks
    assert all(ticked[night] <= 2 for night in unlucky)
    assert len(done) > DAYS / 2


def test_summer_time_neither_loses_nor_doubles_a_night(home: Home, store: sqlite3.Connection) -> None:
    """At 02:30 in Berlin: an hour that one night a year does not have, and another one has twice."""
    shop, clock, chance = living_in(home, "Europe/Berlin", "02:30"), HandClock(START), random.Random(1)
    chance.random = lambda: 1.0  # type: ignore[method-assign]
    done = Counter[int]()
    while clock.now() < START + timedelta(days=366):
        clock.pass_hours(0.25)
        night = work(shop, store, clock, chance)
        done.update([] if night is None else [night])
    first = slot_of(shop, START)
    assert done == Counter(range(first, first + 367))


def test_small_steps_of_the_clock_neither_lose_nor_double_a_night(home: Home, store: sqlite3.Connection) -> None:
    chance = random.Random(2)
    shop, clock, true = living_in(home, "Europe/Moscow", "02:00"), HandClock(START), START
    done, ticked = Counter[int](), set[int]()
    while true < START + timedelta(days=DAYS):
        true += timedelta(hours=chance.uniform(0.1, 3))
        clock.moment = true + timedelta(seconds=chance.choice(SMALL_STEPS))
        ticked.add(slot_of(shop, clock.now()))
        night = due_night(shop, store, clock)
        if night is not None:
            with transaction(store):
                journal.finish_run(store, journal_run(store, night, clock), clock.now())
            done[night] += 1
    assert set(done.values()) == {1}
    assert set(done) == ticked


def journal_run(store: sqlite3.Connection, night: int, clock: HandClock) -> str:
    """A run, begun inside the caller's transaction."""
    run = f"{night}"
    store.execute(
        "INSERT INTO run (run_id, reference_day, state, settings, started_at) VALUES (?, ?, 'running', '', ?)",
        (run, night, clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")),
    )
    return run


@pytest.mark.parametrize("years", [-30, -2, 2, 30])
def test_a_clock_that_is_years_wrong_begins_nothing(home: Home, store: sqlite3.Connection, years: int) -> None:
    clock = HandClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
    night = due_night(home, store, clock)
    assert night is not None
    sell_on(store, night - 1)
    clock.moment += timedelta(days=365 * years)
    with pytest.raises(ClockWrong, match="The clock of this machine says"):
        due_night(home, store, clock)
    clock.moment -= timedelta(days=365 * years)
    assert due_night(home, store, clock) == night


def sell_on(store: sqlite3.Connection, day: int) -> None:
    """A day with a line, as far as the ledger is concerned."""
    store.execute("INSERT INTO ledger VALUES (?, 1, 1, 100, '', '', '', '', '', '')", (day,))


def test_a_night_that_was_worked_on_too_early_is_worked_on_again_in_its_time(
    home: Home, store: sqlite3.Connection
) -> None:
    clock = HandClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
    tonight, tomorrow = (slot_of(home, clock.now() + timedelta(days=days)) for days in (0, 1))
    chance = random.Random(3)
    chance.random = lambda: 1.0  # type: ignore[method-assign]
    assert work(home, store, clock, chance) == tonight
    clock.moment += timedelta(days=1)  # somebody sets the clock ahead …
    assert work(home, store, clock, chance) == tomorrow
    clock.moment -= timedelta(days=1)  # … and back
    assert work(home, store, clock, chance) is None
    clock.moment = datetime(2026, 11, 21, 2, 0, 5, tzinfo=ZoneInfo("Europe/Moscow")).astimezone(UTC)
    assert work(home, store, clock, chance) == tomorrow
    assert work(home, store, clock, chance) is None


def test_a_night_that_was_asked_for_comes_at_once_and_once(home: Home, store: sqlite3.Connection) -> None:
    clock, chance = HandClock(datetime(2026, 11, 20, 9, tzinfo=UTC)), random.Random(4)
    chance.random = lambda: 1.0  # type: ignore[method-assign]
    tonight = work(home, store, clock, chance)
    assert tonight is not None
    assert work(home, store, clock, chance) is None
    with transaction(store):
        journal.ask_for_night(store, tonight, clock.now())
    assert work(home, store, clock, chance) == tonight
    assert work(home, store, clock, chance) is None
