"""What waits is tried again, in its time; what nobody waits for is given up. The clock is set by hand."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from rfm_service import workers
from rfm_service.clock import stamp
from rfm_service.delivery import post_due
from rfm_service.home import Home
from rfm_service.jobs import Delivery
from rfm_service.receipts import FilesReceipt, StepReport
from rfm_service.records import Message
from rfm_service.reports.publish import flush_files
from rfm_service.settings import ReportSettings, Telegram
from rfm_service.store import journal, outbox, spool
from rfm_service.store.connection import opened, transaction
from tests.conftest import PROJECT
from tests.fakes.bot_api import BotApi
from tests.store.builders import MOMENT
from tests.sync.builders import HandClock

BOT_TOKEN, ADMIN = "123456:token-of-the-tests", 1001
NAME, RUN = "2026-11-20", "2026-11-20-1"
CONTENT = b"the whole report" * 1000


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A Telegram that works."""
    with BotApi(BOT_TOKEN, chats={ADMIN}) as api:
        yield api


@pytest.fixture
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network folder that is not there."""
    return tmp_path_factory.mktemp("elsewhere") / "share"


@pytest.fixture
def waiting(home: Home, away: Path, api: BotApi) -> Home:
    """A home with a finished report that waits for `away` and for a folder of its own."""
    telegram = Telegram(token=SecretStr(BOT_TOKEN), chat_ids=[ADMIN], api_url=api.url, timeout=2)
    settings = home.settings.model_copy(
        update={"report": ReportSettings(analysts_folder=str(away)), "telegram": telegram, "language": "en"}
    )
    return Home(home.path, PROJECT / "config" / "service.toml", settings)


@pytest.fixture
def store(waiting: Home, clock: HandClock) -> Iterator[sqlite3.Connection]:
    """The home's store, with the report spooled."""
    with opened(waiting.database) as store:
        add_report(waiting, store, RUN, NAME, clock.now())
        yield store


def add_report(home: Home, store: sqlite3.Connection, run: str, name: str, moment: datetime) -> None:
    folder = home.spool(run)
    folder.mkdir(parents=True)
    (folder / "RFM.xlsx").write_bytes(CONTENT)
    note_files(store, run, folder)
    with transaction(store):
        spool.add_parcels(store, run, name, home.folders, moment)


def note_files(store: sqlite3.Connection, run: str, folder: Path) -> None:
    """What the step that writes the workbook leaves in the journal."""
    row = "INSERT INTO run (run_id, reference_day, state, settings, started_at) VALUES (?, 20777, 'failed', '', ?)"
    store.execute(row, (run, stamp(MOMENT)))
    receipt = FilesReceipt(flush_files(folder.iterdir()), {})
    journal.start_steps(store, run, ["write_workbook"], MOMENT)
    journal.end_step(store, run, StepReport("write_workbook", 1, 1), receipt, "", died=False)


def post(home: Home, store: sqlite3.Connection, clock: HandClock) -> None:
    post_due(home, store, clock, lambda *_: None)


def next_tries(store: sqlite3.Connection) -> set[str]:
    return {moment for (moment,) in store.execute("SELECT next_try_at FROM spool WHERE state = 'waiting'")}


def test_a_folder_that_is_away_for_a_month_gets_the_same_bytes(
    waiting: Home, store: sqlite3.Connection, clock: HandClock, away: Path, api: BotApi
) -> None:
    post(waiting, store, clock)
    assert (waiting.path / "reports" / "marketers" / NAME / "RFM.xlsx").read_bytes() == CONTENT
    clock.moment += timedelta(days=30)
    post(waiting, store, clock)
    away.mkdir()
    clock.pass_hours(1)
    post(waiting, store, clock)
    assert (away / NAME / "RFM.xlsx").read_bytes() == CONTENT
    assert spool.waiting_parcels(store) == []
    assert not waiting.spool(RUN).exists()
    (_, first), (_, last) = api.messages  # told once, not at every try
    assert first.startswith("⚠️")
    assert last == f"✅ The report {NAME} has arrived in the folder {away}"


def test_the_pauses_grow_to_an_hour(waiting: Home, store: sqlite3.Connection, clock: HandClock) -> None:
    pauses = []
    for _ in range(8):
        post(waiting, store, clock)
        (moment,) = next_tries(store)
        pauses.append((datetime.fromisoformat(moment) - clock.now()).total_seconds() / 60)
        clock.moment = datetime.fromisoformat(moment)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_one_folder_that_is_away_is_tried_once_a_round_for_all_that_waits(
    waiting: Home, store: sqlite3.Connection, clock: HandClock
) -> None:
    add_report(waiting, store, "2026-11-21-1", "2026-11-21", clock.now())
    post(waiting, store, clock)
    assert next_tries(store) == {stamp(clock.now() + timedelta(minutes=1))}
    assert [parcel.tries for parcel in spool.waiting_parcels(store)] == [1, 1]
    assert waiting.spool(RUN).exists()


def test_what_waits_for_a_folder_that_left_the_settings_is_given_up(
    waiting: Home, home: Home, store: sqlite3.Connection, clock: HandClock
) -> None:
    post(waiting, store, clock)
    post(home, store, clock)
    assert spool.waiting_parcels(store) == []


def test_files_of_a_run_that_may_be_taken_up_stay(waiting: Home, store: sqlite3.Connection, clock: HandClock) -> None:
    run = journal.begin_run(store, 20_777, "settings", clock.now())
    waiting.work(run).mkdir(parents=True)
    waiting.work("2025-01-01-1").mkdir(parents=True)
    post(waiting, store, clock)
    assert waiting.work(run).exists()
    assert not waiting.work("2025-01-01-1").exists()


def test_tables_of_a_process_that_was_killed_go_after_a_day(
    home: Home, store: sqlite3.Connection, clock: HandClock
) -> None:
    for name, hours in {"killed": 25, "at_work": 23}.items():
        (home.spill / name).mkdir(parents=True)
        os.utime(home.spill / name, times=((clock.now() - timedelta(hours=hours)).timestamp(),) * 2)
    post(home, store, clock)
    assert [folder.name for folder in home.spill.iterdir()] == ["at_work"]


def test_a_letter_that_waits_keeps_its_file(
    waiting: Home, store: sqlite3.Connection, clock: HandClock, away: Path, api: BotApi
) -> None:
    away.mkdir()
    own = waiting.spool(RUN) / "RFM.xlsx"
    with transaction(store):
        letter = Message("Your customers", attachment=str(own))
        outbox.add_message(store, ["telegram:404", f"telegram:{ADMIN}"], letter, clock.now())
    post(waiting, store, clock)
    assert spool.waiting_parcels(store) == []
    assert own.exists()
    api.chats = {ADMIN, 404}
    clock.pass_hours(2)
    post(waiting, store, clock)
    clock.pass_hours(2)
    post(waiting, store, clock)
    assert not own.exists()


def test_messages_wait_for_telegram_as_long_as_it_takes(
    waiting: Home, store: sqlite3.Connection, clock: HandClock, away: Path
) -> None:
    away.mkdir()
    shutil.rmtree(waiting.path / "reports", ignore_errors=True)
    with BotApi(BOT_TOKEN, chats={ADMIN}) as gone:
        pass
    telegram = waiting.settings.telegram.model_copy(update={"api_url": gone.url})
    cut_off = Home(waiting.path, waiting.config, waiting.settings.model_copy(update={"telegram": telegram}))
    with transaction(store):
        outbox.add_message(store, [f"telegram:{ADMIN}"], Message("Good morning"), clock.now())
    post(cut_off, store, clock)
    assert outbox.due_messages(store, clock.now()) == []
    assert outbox.due_messages(store, clock.now() + timedelta(seconds=59)) == []
    assert len(outbox.due_messages(store, clock.now() + timedelta(seconds=60))) == 1
    clock.moment += timedelta(days=30)
    post(waiting, store, clock)
    assert outbox.messages_waiting(store) == 0


@pytest.mark.parametrize("spoilt", ["changed", "missing", "no folder"])
def test_a_report_that_is_damaged_in_the_spool_replaces_no_good_one(
    waiting: Home, store: sqlite3.Connection, clock: HandClock, away: Path, api: BotApi, spoilt: str
) -> None:
    """It is given up, and said so; the next report, and the other folder, get theirs."""
    away.mkdir()
    good = away / NAME / "RFM.xlsx"
    post(waiting, store, clock)
    add_report(waiting, store, "2026-11-20-2", NAME, clock.now())
    add_report(waiting, store, "2026-11-21-1", "2026-11-21", clock.now())
    again = waiting.spool("2026-11-20-2")
    if spoilt == "changed":
        (again / "RFM.xlsx").write_bytes(CONTENT[:-1] + b"?")
    elif spoilt == "missing":
        (again / "RFM.xlsx").unlink()
    else:
        shutil.rmtree(again)
    post(waiting, store, clock)
    assert good.read_bytes() == CONTENT
    assert (away / "2026-11-21" / "RFM.xlsx").read_bytes() == CONTENT
    assert spool.waiting_parcels(store) == []
    assert [text.splitlines()[0] for _, text in api.messages] == [
        "⚠️ The report 2026-11-20 was damaged before it arrived everywhere"
    ]


def test_a_folder_whose_last_worker_hangs_is_left_in_peace(
    waiting: Home, store: sqlite3.Connection, clock: HandClock, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.mkdir()
    hung = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    hung.is_alive = lambda: hung.poll() is None  # type: ignore[attr-defined]
    job = Delivery(waiting, RUN, str(away), NAME, {}, False)
    monkeypatch.setattr(workers, "left_behind", [workers.Left("publish_report", job, hung)])
    try:
        post(waiting, store, clock)
        assert (waiting.path / "reports" / "marketers" / NAME).exists()
        assert not (away / NAME).exists()
        assert [parcel.tries for parcel in spool.waiting_parcels(store)] == [0]
    finally:
        hung.kill()
        hung.wait()
    post(waiting, store, clock)
    assert (away / NAME).exists()
