"""A night through its own door."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from rfm_service import workers
from rfm_service.clock import SystemClock
from rfm_service.delivery import post_due
from rfm_service.errors import WorkerEnded
from rfm_service.home import Home
from rfm_service.night import Night, conduct
from rfm_service.receipts import HistoryReceipt
from rfm_service.reports.tables import read_tables
from rfm_service.settings import Telegram
from rfm_service.slots import due_night
from rfm_service.steps import back_up, sync_sales
from rfm_service.store import journal, outbox, spool
from rfm_service.store.connection import opened
from rfm_service.store.published import last_report
from rfm_service.workers import finish
from tests.conftest import REFERENCE_DAY
from tests.sync.builders import HandClock


def quiet(step: str, done: int, total: int) -> None:
    """Nobody watches."""


def test_the_files_of_a_night_that_was_cut_off_are_kept_for_it(home: Home) -> None:
    with opened(home.database) as store:
        night = Night(home, store, REFERENCE_DAY, SystemClock(), quiet)
        tables = home.work(night.run_id)
        tables.mkdir(parents=True)

        post_due(home, store, SystemClock(), quiet)
        assert tables.exists()

        finish(night.must(sync_sales))
        assert Night(home, store, REFERENCE_DAY, SystemClock(), quiet).receipts == night.receipts

        finish(conduct(home, store, REFERENCE_DAY, SystemClock(), quiet))
        post_due(home, store, SystemClock(), quiet)
        assert not tables.exists()


def test_a_step_is_a_sentence_in_the_log_and_its_receipt_a_detail(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "rfm_service.night"), opened(home.database) as store:
        finish(Night(home, store, REFERENCE_DAY, SystemClock(), quiet).must(sync_sales))
    said = {record.levelname: record.getMessage() for record in caplog.records if record.name == "rfm_service.night"}
    assert re.fullmatch(
        r"sync_sales is done \(\d+\.\d s, \d+ MiB\): days read 365, days changed 365, lines \d+, .*", said["INFO"]
    )
    assert len(said["INFO"]) < 200
    assert '"type":"SyncReceipt"' in said["DEBUG"]


def test_an_unforeseen_error_is_a_failed_night_and_not_a_dead_service(home: Home) -> None:
    def break_down(step: str, done: int, total: int) -> None:
        raise ZeroDivisionError("no such luck")

    with opened(home.database) as store:
        with pytest.raises(
            WorkerEnded,
            match=r"^An unforeseen error \(ZeroDivisionError, test_night.py:\d+\); the log has the details\.$",
        ):
            finish(conduct(home, store, REFERENCE_DAY, SystemClock(), break_down))
        (run,) = journal.latest_runs(store, 5)

    assert run.state == "failed"
    assert run.retry_at > run.ended_at


def test_a_failed_night_is_remembered_in_the_language_of_the_admin(home: Home) -> None:
    home = Home(home.path, home.config, home.settings.model_copy(update={"language": "ru"}))
    clock = HandClock(datetime(2026, 11, 20, 6, tzinfo=UTC))
    with opened(home.database) as store:
        night = Night(home, store, REFERENCE_DAY, clock, quiet)
        for _death in range(3):
            journal.start_steps(store, night.run_id, ["sync_sales"], clock.now())
        with pytest.raises(WorkerEnded, match="has died 3 times"):
            finish(conduct(home, store, REFERENCE_DAY, clock, quiet))
        (run,) = journal.latest_runs(store, 5)
    assert (run.state, run.error) == ("parked", "Шаг sync_sales за эту ночь обрывался 3 раза.")


def test_what_a_report_warns_of_stands_in_the_log_too(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", "rfm_service.night"), opened(home.database) as store:
        summary = finish(conduct(home, store, REFERENCE_DAY, SystemClock(), quiet))
    assert summary.classify.warnings
    assert [record.getMessage() for record in caplog.records if record.name == "rfm_service.night"] == (
        summary.classify.warnings
    )


def test_the_closed_months_are_part_of_the_report(home: Home) -> None:
    with opened(home.database) as store:
        summary = finish(conduct(home, store, REFERENCE_DAY, SystemClock(), quiet))
        receipts = journal.receipts(store, summary.run_id)
    assert receipts["look_back"] == HistoryReceipt(months=11, recomputed=11)
    tables = read_tables(home.work(summary.run_id))
    assert tables.segment_months.month.nunique() == 11
    assert tables.transitions.customers.sum() > 0


def test_a_report_goes_out_without_the_closed_months_when_they_fail(home: Home) -> None:
    home.history.parent.mkdir(parents=True, exist_ok=True)
    home.history.touch()  # a file in the place of the folder
    with opened(home.database) as store:
        summary = finish(conduct(home, store, REFERENCE_DAY, SystemClock(), quiet))
        assert "look_back" not in journal.receipts(store, summary.run_id)
    assert len(read_tables(home.work(summary.run_id)).segment_months) == 0


def test_the_report_does_not_wait_for_the_backup_and_goes_out_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that is cut off while the backup is made is done: nothing is made or sent again."""
    bot = Telegram(token=SecretStr("123456:token-of-the-tests"), chat_ids=[1001])
    settings = home.settings.model_copy(update={"telegram": bot})
    home = Home(home.path, home.config, settings)
    clock, begun = HandClock(datetime(2026, 11, 20, 6, tzinfo=UTC)), list[str]()
    with opened(home.database) as store:
        work = conduct(home, store, REFERENCE_DAY, clock, lambda step, *_: begun.append(step))
        while "back_up" not in begun:
            workers.pause(next(work))
        parcels, messages = spool.waiting_parcels(store), outbox.due_messages(store, clock.now())
        work.close()

        assert [parcel.folder for parcel in parcels] == sorted(home.folders)
        assert len(messages) == 1
        (run,) = journal.latest_runs(store, 5)
        assert run.state == "done"
        assert store.execute(last_report(REFERENCE_DAY + 1)[0]).fetchone()[0] == REFERENCE_DAY
        assert due_night(home, store, clock) is None


def test_steps_side_by_side_count_once_in_how_long_the_night_took(home: Home) -> None:
    bot = Telegram(token=SecretStr("123456:token-of-the-tests"), chat_ids=[1001])
    home = Home(home.path, home.config, home.settings.model_copy(update={"telegram": bot, "language": "en"}))
    begun, clock = list[str](), SystemClock()
    with opened(home.database) as store:
        work = conduct(home, store, REFERENCE_DAY, clock, lambda step, *_: begun.append(step))
        while "record_report" not in begun:
            workers.pause(next(work))
        work.close()
        with store:  # as if all of it had taken long
            store.execute("UPDATE step SET seconds = CASE step WHEN 'sync_sales' THEN 3600 ELSE 0 END")
            store.execute("UPDATE step SET seconds = 7200 WHERE step IN ('draw_charts', 'write_lists', 'write_page')")

        finish(conduct(home, store, REFERENCE_DAY, clock, quiet))
        (waiting,) = outbox.due_messages(store, clock.now())
    assert "\nTook 3 h 0 min\n" in waiting.message.text


def test_a_backup_that_hangs_for_good_is_not_joined_by_another(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    hung = SimpleNamespace(is_alive=lambda: True)
    monkeypatch.setattr(workers, "left_behind", [workers.Left("back_up", None, hung)])
    with opened(home.database) as store:
        night = Night(home, store, REFERENCE_DAY, SystemClock(), quiet)
        finish(night.may(back_up))
        assert store.execute("SELECT count(*) FROM step").fetchone() == (0,)
