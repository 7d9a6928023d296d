"""A night through its own door."""

import pytest

from rfm_service.clock import SystemClock
from rfm_service.errors import WorkerEnded
from rfm_service.night import conduct
from rfm_service.settings import Home
from rfm_service.store import journal
from rfm_service.store.connection import opened
from tests.conftest import REFERENCE_DAY


def test_an_unforeseen_error_is_a_failed_night_and_not_a_dead_service(home: Home) -> None:
    def break_down(step: str, done: int, total: int) -> None:
        raise ZeroDivisionError("no such luck")

    with opened(home.database) as store:
        with pytest.raises(
            WorkerEnded, match=r"^An unforeseen error \(ZeroDivisionError: no such luck\); the log has the details\.$"
        ):
            conduct(home, store, REFERENCE_DAY, SystemClock(), break_down)
        (run,) = journal.latest_runs(store, 5)

    assert run.state == "failed"
    assert run.retry_at > run.ended_at
