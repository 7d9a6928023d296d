"""A step that dies again and again: three times, then the night is given up, and said so."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from rfm_service.errors import BadAnswer, RfmError, WorkerEnded
from rfm_service.home import Home
from rfm_service.night import Night, conduct
from rfm_service.slots import due_night
from rfm_service.steps import sync_sales
from rfm_service.store import journal
from rfm_service.store.connection import opened, transaction
from rfm_service.workers import Outcome, Work, finish
from tests.conftest import REFERENCE_DAY
from tests.sync.builders import HandClock

NIGHT = datetime(2026, 11, 20, 6, tzinfo=UTC)
DEATH = WorkerEnded("The step {0} was killed by {1}{2}.", "sync_sales", "SIGKILL", "")


@pytest.fixture
def store(home: Home) -> Iterator[sqlite3.Connection]:
    with opened(home.database) as store:
        yield store


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first signs of what the admin is told."""
    said: list[str] = []
    monkeypatch.setattr("rfm_service.night.add_message", lambda _store, _to, message, _at: said.append(message.text[0]))
    return said


def work_until_it_ends_with(
    error: RfmError, home: Home, store: sqlite3.Connection, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: Any) -> Work[list[Outcome]]:
        yield []
        return [Outcome("sync_sales", None, error, 0.1, 1)]

    with monkeypatch.context() as broken, pytest.raises(type(error)):
        broken.setattr("rfm_service.workers.work", end)
        finish(conduct(home, store, REFERENCE_DAY, clock, lambda *_: None))


def state(store: sqlite3.Connection) -> str:
    run = journal.latest_run_of(store, REFERENCE_DAY)
    assert run
    return run.state


def test_three_deaths_park_the_night(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    clock = HandClock(NIGHT)
    for _ in range(3):
        assert due_night(home, store, clock) == REFERENCE_DAY
        work_until_it_ends_with(DEATH, home, store, clock, monkeypatch)
        clock.pass_hours(1)
    assert state(store) == "parked"
    assert due_night(home, store, clock) is None
    assert told == ["❌", "⛔"]
    clock.pass_hours(24)
    assert due_night(home, store, clock) == REFERENCE_DAY + 1


def test_a_person_may_ask_for_it_again_and_it_has_three_lives_again(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    clock = HandClock(NIGHT)
    for _ in range(3):
        work_until_it_ends_with(DEATH, home, store, clock, monkeypatch)
    with transaction(store):
        journal.ask_for_night(store, REFERENCE_DAY, clock.now())
    assert due_night(home, store, clock) == REFERENCE_DAY
    work_until_it_ends_with(DEATH, home, store, clock, monkeypatch)
    assert state(store) == "failed"


def test_an_error_of_the_erp_is_no_death(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    clock = HandClock(NIGHT)
    for _ in range(5):
        work_until_it_ends_with(BadAnswer("a page"), home, store, clock, monkeypatch)
    assert state(store) == "failed"


def begin_and_vanish(home: Home, store: sqlite3.Connection, clock: HandClock) -> Night:
    """The step begins, and the machine goes down with it."""
    night = Night(home, store, REFERENCE_DAY, clock, lambda *_: None)
    journal.start_steps(store, night.run_id, ["sync_sales"], clock.now())
    return night


def test_a_step_that_takes_the_machine_down_is_counted_too(
    home: Home, store: sqlite3.Connection, told: list[str]
) -> None:
    clock = HandClock(NIGHT)
    for _ in range(3):
        begin_and_vanish(home, store, clock)
    with pytest.raises(WorkerEnded, match="The step sync_sales has died 3 times in this night"):
        finish(conduct(home, store, REFERENCE_DAY, clock, lambda *_: None))
    assert state(store) == "parked"
    assert told == ["⛔"]


def test_being_asked_to_stop_is_no_death(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: Any) -> Work[list[Outcome]]:
        while True:
            yield []

    monkeypatch.setattr("rfm_service.workers.work", hang)
    for _ in range(5):
        night = Night(home, store, REFERENCE_DAY, HandClock(NIGHT), lambda *_: None)
        going = night.must(sync_sales)
        next(going)
        going.close()
    assert journal.deaths(store, REFERENCE_DAY, "sync_sales") == 0
