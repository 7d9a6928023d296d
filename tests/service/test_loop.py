"""The daemon's loop: nothing holds up anything else, and a thousand days leave no trace in its memory."""

import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any, NamedTuple

import psutil
import pytest
import time_machine
from pydantic import SecretStr

from rfm_service import workers
from rfm_service.clock import Clock, SystemClock
from rfm_service.errors import ErpUnavailable, FolderUnusable, StoreDamaged
from rfm_service.home import Home
from rfm_service.receipts import CheckReceipt
from rfm_service.service import Service, _serve_for_ever, serve
from rfm_service.settings import Telegram
from rfm_service.status import write_state
from rfm_service.store import journal
from rfm_service.store.connection import opened, transaction
from rfm_service.store.outbox import due_messages
from rfm_service.watchdog import Watchdog
from rfm_service.workers import Limits, Work, work
from tests.fakes.bot_api import BotApi
from tests.workers import steps

DAYS = 1000
EVERY = 50
LONG = 60.0 * 24 * DAYS
PAUSE = timedelta(hours=3)
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(home: Home) -> Iterator[sqlite3.Connection]:
    home.logs.mkdir()
    with opened(home.database) as store:
        yield store


def turn_for(service: Service, seconds: float) -> list[float]:
    """How long each turn took."""
    end, turns = time.monotonic() + seconds, []
    while (begun := time.monotonic()) < end:
        service.turn()
        turns.append(time.monotonic() - begun)
    return turns


def test_what_hangs_holds_up_nothing(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A folder whose worker ignores SIGTERM, and a night that fails: mail goes on, and every turn is short."""
    sent = Counter[str]()
    job = steps.Job("run", tmp_path)

    def hang(*_: Any) -> Work[None]:
        sent["hanging"] += 1
        yield from work([steps.hang_on], job, Limits(0.05), lambda *_: None)

    def fail(*_: Any) -> Work[None]:
        sent["failing"] += 1
        raise ErpUnavailable("gone")
        yield []

    def go(*_: Any) -> Work[None]:
        outcomes = yield from work([steps.count], job, Limits(1), lambda *_: None)
        sent["sent"] += outcomes[0].receipt == CheckReceipt(compared=7)

    monkeypatch.setattr("rfm_service.service.delivery.publish_due", hang)
    monkeypatch.setattr("rfm_service.service.night.conduct", fail)
    monkeypatch.setattr("rfm_service.service.delivery.send_due", go)
    monkeypatch.setattr("rfm_service.service.MAIL_CHECK_SECONDS", 1)
    service = Service(home, store, SystemClock())
    try:
        turns = turn_for(service, 8)
    finally:
        service.close()
    assert sent["sent"] >= 3
    assert sent["hanging"] == 2  # one for each folder, still being seen out
    assert max(turns) < 2.5


class Year(NamedTuple):
    """What a simulated daemon did and held."""

    nights: Counter[int]
    counted: Counter[bool]
    before: dict[str, float]
    after: dict[str, float]


def test_a_year_and_more_leaves_no_trace(home: Home) -> None:
    """Every night once; memory, files, threads and children as in the beginning. Some nights begin a real worker.

    In a process of its own: what else the tests of this one have left in its memory comes and goes.
    """
    home.logs.mkdir()
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        year = alone.submit(live_a_year, home).result()
    assert set(year.nights.values()) == {1}
    assert len(year.nights) == DAYS + 1
    assert max(year.nights) - min(year.nights) == DAYS
    assert year.counted == {True: DAYS // EVERY + 1}
    for what in ("files", "threads", "children"):
        assert year.after[what] == year.before[what]
    assert year.after["mib"] - year.before["mib"] < 2, year


def live_a_year(home: Home) -> Year:
    nights, counted = Counter[int](), Counter[bool]()
    job = steps.Job("run", home.path)

    def conduct(_home: Home, own: sqlite3.Connection, day: int, clock: Clock, _listener: Any) -> Work[None]:
        run = journal.begin_run(own, day, "settings", clock.now())
        yield []
        if len(nights) % EVERY == 0:
            outcomes = yield from work([steps.count], job, Limits(LONG), lambda *_: None)
            counted.update(outcome.receipt is not None for outcome in outcomes)
        with transaction(own):
            journal.finish_run(own, run, clock.now())
        nights[day] += 1

    with (
        opened(home.database) as store,
        pytest.MonkeyPatch.context() as patch,
        time_machine.travel(START, tick=False) as traveller,
    ):

        def let_pass(awaited: Sequence[Any]) -> None:
            if awaited:
                wait(awaited)
            else:
                traveller.shift(PAUSE)

        store.execute("PRAGMA synchronous = OFF")
        patch.setattr("rfm_service.service.night.conduct", conduct)
        patch.setattr(workers, "pause", let_pass)
        service = Service(home, store, SystemClock())
        turn_until(service, START + timedelta(days=20))
        before = measured()
        turn_until(service, START + timedelta(days=DAYS))
        after = measured()
        service.close()
    return Year(nights, counted, before, after)


def turn_until(service: Service, moment: datetime) -> None:
    while SystemClock().now() < moment:
        service.turn()


def measured() -> dict[str, float]:
    me = psutil.Process()
    return {
        "mib": me.memory_info().rss / (1 << 20),
        "files": me.num_fds() if sys.platform != "win32" else len(me.open_files()),
        "threads": threading.active_count(),
        "children": len(me.children()),
    }


def test_a_trouble_is_told_once_while_it_lasts(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: Any) -> Work[None]:
        raise ZeroDivisionError
        yield []

    monkeypatch.setattr("rfm_service.service.delivery.send_due", break_down)
    monkeypatch.setattr("rfm_service.service.night.conduct", break_down)
    monkeypatch.setattr("rfm_service.service.MAIL_CHECK_SECONDS", 1)
    monkeypatch.setattr("rfm_service.service.NIGHT_CHECK_SECONDS", 1)
    monkeypatch.setattr("rfm_service.service.REST_SECONDS", 0)
    monkeypatch.setattr(workers, "TICK", 0.2)
    service = Service(home, store, SystemClock())
    turn_for(service, 5)
    service.close()
    assert Counter(record.message.partition(":")[0] for record in caplog.records) == {"messages": 1, "night": 1}


def test_a_clock_that_goes_back_does_not_stop_the_loop(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`schedule` alone would sleep until the old time."""
    asked = Counter[str]()

    def send(*_: Any) -> Work[None]:
        asked["mail"] += 1
        return
        yield []

    monkeypatch.setattr("rfm_service.service.delivery.send_due", send)
    monkeypatch.setattr("rfm_service.service.night.conduct", send)
    with time_machine.travel(START, tick=False) as traveller:
        monkeypatch.setattr(workers, "pause", lambda _: traveller.shift(timedelta(seconds=6)))
        service = Service(home, store, SystemClock())
        for _ in range(5):
            service.turn()
        traveller.shift(-timedelta(days=30))
        before = asked["mail"]
        for _ in range(5):
            service.turn()
        service.close()
    assert asked["mail"] - before >= 5


def test_a_trouble_that_comes_back_is_told_again(
    home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def write(*_: Any) -> None:
        if writes.pop(0):
            raise OSError("no room")

    writes = [True, True, False, True, False]
    monkeypatch.setattr("rfm_service.service.write_state", write)
    monkeypatch.setattr("rfm_service.service.night.conduct", lambda *_: iter(()))
    with time_machine.travel(START, tick=False) as traveller:
        monkeypatch.setattr(workers, "pause", lambda _: traveller.shift(timedelta(seconds=61)))
        service = Service(home, store, SystemClock())
        for _ in range(5):
            service.turn()
        service.close()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["state: no room"] * 2


def test_what_has_failed_rests(home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = Counter[str]()

    def break_down(*_: Any) -> Work[None]:
        tried["mail"] += 1
        raise ZeroDivisionError
        yield []

    monkeypatch.setattr("rfm_service.service.delivery.send_due", break_down)
    monkeypatch.setattr("rfm_service.service.night.conduct", lambda *_: iter(()))
    monkeypatch.setattr("rfm_service.service.MAIL_CHECK_SECONDS", 1)
    monkeypatch.setattr(workers, "TICK", 0.2)
    service = Service(home, store, SystemClock())
    turn_for(service, 4)
    service.close()
    assert tried["mail"] == 1


def test_a_foreign_writer_stops_no_work(home: Home, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are short, and left out as long as it lasts; what is under way goes on afterwards."""
    went = Counter[str]()

    def write(_home: Home, own: sqlite3.Connection, *_: Any) -> Work[None]:
        went["begun"] += 1
        while True:
            yield []
            with transaction(own):
                went["written"] += 1

    monkeypatch.setattr("rfm_service.service.night.conduct", write)
    monkeypatch.setattr("rfm_service.service.delivery.send_due", lambda *_: iter(()))
    monkeypatch.setattr(workers, "TICK", 0.1)
    service = Service(home, store, SystemClock())
    turn_for(service, 0.5)
    before = went["written"]
    with opened(home.database) as foreign, transaction(foreign):
        turns = turn_for(service, 5)
        assert went["written"] == before
    turn_for(service, 4)
    service.close()
    assert max(turns) < 5
    assert went["begun"] == 1
    assert went["written"] > before


@pytest.mark.parametrize("replaced", [False, True], ids=["gone", "replaced"])
def test_a_file_that_is_not_ours_any_more_is_damage(home: Home, store: sqlite3.Connection, replaced: bool) -> None:
    service = Service(home, store, SystemClock())
    home.database.unlink()
    if replaced:
        home.database.write_bytes(b"another one")
    with pytest.raises(StoreDamaged, match="was replaced" if replaced else "is gone"):
        service.turn()
    service.close()


def test_an_outage_is_logged_once_and_told_past_the_outbox(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fed = Counter[str]()

    class Bell(Watchdog):
        def alive(self) -> None:
            fed["alive"] += 1
            fed["since it was told"] += bool(api.messages)
            if fed["since it was told"] > 30:
                found.append(None)
            if fed["alive"] > 900:
                raise KeyboardInterrupt

    found = [None] * 4

    @contextmanager
    def store_of(home: Home, _clock: Clock) -> Iterator[sqlite3.Connection]:
        if not found:
            raise FolderUnusable("Cannot use {0}.", "sales.db")
        found.pop()
        with opened(home.database) as store:
            yield store

    def turn(_service: Service) -> None:
        if api.messages:
            raise KeyboardInterrupt
        found.clear()
        raise FolderUnusable("Cannot use {0}.", "sales.db")

    with BotApi("123456:token-of-the-tests", chats={1001}) as api:
        bot = Telegram(token=SecretStr("123456:token-of-the-tests"), chat_ids=[1001], api_url=api.url, timeout=5)
        home = Home(home.path, home.config, home.settings.model_copy(update={"telegram": bot, "language": "en"}))
        monkeypatch.setattr("rfm_service.service.sound_store", store_of)
        monkeypatch.setattr("rfm_service.service.STORE_PAUSE_SECONDS", 0.5)
        monkeypatch.setattr(workers, "TICK", 0.1)
        monkeypatch.setattr(Service, "turn", turn)
        with pytest.raises(KeyboardInterrupt):
            _serve_for_ever(home, SystemClock(), Bell())
        assert fed["alive"] > 30
        assert [text.splitlines()[0] for _, text in api.messages] == ["⚠️ The database cannot be used"]
    with opened(home.database) as store:
        waiting = [one.message.text for one in due_messages(store, SystemClock().now())]
    assert "✅ The database can be used again. The service goes on." in waiting
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_stop_that_nobody_heard_is_heard_at_the_next_turn(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []

    def turn(_service: Service) -> None:
        assert not turns, "it goes on"
        turns.append(1)
        with suppress(KeyboardInterrupt):  # as Python does in a destructor
            signal.raise_signal(signal.SIGTERM)

    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(Service, "turn", turn)
    try:
        serve(home, SystemClock())
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
    assert turns == [1]


def test_the_metric_of_the_last_night_is_of_the_one_that_ended(home: Home, store: sqlite3.Connection) -> None:
    def succeeded() -> str:
        write_state(home, store, SystemClock())
        rows = (home.logs / "metrics.prom").read_text().splitlines()
        return next(row for row in rows if row.startswith("rfm_last_night_succeeded"))[-1]

    assert succeeded() == "0"
    run = journal.begin_run(store, 20_777, "settings", START)
    with transaction(store):
        journal.finish_run(store, run, START)
    assert succeeded() == "1"
    run = journal.begin_run(store, 20_778, "settings", START)
    assert succeeded() == "1"  # while the next one is at work
    with transaction(store):
        journal.fail_run(store, run, "no answer", START, START)
    assert succeeded() == "0"
