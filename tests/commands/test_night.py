"""A night through its own door."""

import re

import pytest

from rfm_service.clock import SystemClock
from rfm_service.delivery import post_due
from rfm_service.errors import WorkerEnded
from rfm_service.night import Night, conduct
from rfm_service.settings import Home
from rfm_service.steps import sync_sales
from rfm_service.store import journal
from rfm_service.store.connection import opened
from rfm_service.workers import finish
from tests.conftest import REFERENCE_DAY


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
