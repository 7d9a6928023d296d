"""Which night is due, and when a failed one is tried again. The clock is set by hand."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rfm_service.errors import BadAnswer, ErpClosed, ErpRefused, RfmError
from rfm_service.home import Home
from rfm_service.night import conduct
from rfm_service.slots import due_night
from rfm_service.store import journal
from rfm_service.store.connection import opened, transaction
from rfm_service.workers import Outcome, Work, finish
from tests.conftest import REFERENCE_DAY
from tests.sync.builders import HandClock

TWO_IN_MOSCOW = datetime(2026, 11, 19, 23, tzinfo=UTC)


@pytest.fixture
def store(home: Home) -> Iterator[sqlite3.Connection]:
    with opened(home.database) as store:
        yield store


def ended(outcome: Outcome) -> Work[list[Outcome]]:
    """A work that is done at once."""
    yield []
    return [outcome]


def run(store: sqlite3.Connection, day: int, moment: datetime) -> str:
    return journal.begin_run(store, day, "settings", moment)


def test_a_night_is_due_from_its_hour_on(home: Home, store: sqlite3.Connection) -> None:
    with transaction(store):
        journal.finish_run(store, "", TWO_IN_MOSCOW)
    before, at = HandClock(TWO_IN_MOSCOW - timedelta(seconds=1)), HandClock(TWO_IN_MOSCOW)
    assert due_night(home, store, before) == REFERENCE_DAY - 1
    assert due_night(home, store, at) == REFERENCE_DAY


def test_a_night_that_is_done_is_not_due_again(home: Home, store: sqlite3.Connection) -> None:
    clock = HandClock(TWO_IN_MOSCOW)
    begun = run(store, REFERENCE_DAY, clock.now())
    assert due_night(home, store, clock) == REFERENCE_DAY  # it was cut off, as far as anybody knows
    with transaction(store):
        journal.finish_run(store, begun, clock.now())
    clock.pass_hours(23.9)
    assert due_night(home, store, clock) is None
    clock.pass_hours(0.1)
    assert due_night(home, store, clock) == REFERENCE_DAY + 1


@pytest.mark.parametrize(
    ("error", "minutes"),
    [(ErpClosed("closed"), 10), (ErpRefused("who are you"), 240), (BadAnswer("a page"), 30)],
    ids=["maintenance", "a person must act", "anything else"],
)
def test_a_night_that_failed_is_tried_again_in_its_time(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, error: RfmError, minutes: int
) -> None:
    clock = HandClock(TWO_IN_MOSCOW)
    failed = Outcome("sync_sales", None, error, 0.1, 1)
    monkeypatch.setattr("rfm_service.workers.work", lambda *_: ended(failed))
    with pytest.raises(type(error)):
        finish(conduct(home, store, REFERENCE_DAY, clock, lambda *_: None))
    clock.pass_hours(minutes / 60 - 0.01)
    assert due_night(home, store, clock) is None
    clock.pass_hours(0.01)
    assert due_night(home, store, clock) == REFERENCE_DAY


def test_a_restart_does_not_wait(home: Home, store: sqlite3.Connection) -> None:
    clock = HandClock(TWO_IN_MOSCOW)
    begun = run(store, REFERENCE_DAY, clock.now())
    with transaction(store):
        journal.fail_run(store, begun, "refused", clock.now(), clock.now() + timedelta(hours=4))
    assert due_night(home, store, clock) is None
    with transaction(store):
        journal.retry_now(store, clock.now())
    assert due_night(home, store, clock) == REFERENCE_DAY


def test_a_night_that_failed_under_a_clock_ahead_is_tried_again(home: Home, store: sqlite3.Connection) -> None:
    clock = HandClock(TWO_IN_MOSCOW)
    begun = run(store, REFERENCE_DAY, clock.now())
    ahead = clock.now() + timedelta(days=400)
    with transaction(store):
        journal.fail_run(store, begun, "no answer", ahead, ahead + timedelta(minutes=30))
    assert due_night(home, store, clock) == REFERENCE_DAY
