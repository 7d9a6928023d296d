"""Which days are read tonight."""

from datetime import UTC, datetime, timedelta

from rfm_service.clock import Horizon, stamp
from rfm_service.store.ledger import Entry
from rfm_service.sync.window import due_days
from tests.store.builders import on

TONIGHT = on("2026-11-20")
HORIZON = Horizon(TONIGHT, 365)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def entry(day: int = 0, *, sealed: bool = True, origin: str = "") -> Entry:
    """A day that was read `day` minutes after New Year."""
    moment = stamp(NEW_YEAR + timedelta(minutes=day))
    return Entry(sealed, 1, 1, "sha", "rules", moment, moment, 1, 1, origin)


def everything_known() -> dict[int, Entry]:
    """The whole horizon, read in the order of days."""
    return {day: entry(place) for place, day in enumerate(HORIZON.days)}


def due(known: dict[int, Entry], recheck_days: int = 45, deep_nights: int = 14) -> list[int]:
    return due_days(known, HORIZON, recheck_days, deep_nights)


def test_everything_is_due_at_first() -> None:
    assert due({}) == list(HORIZON.days)


def test_the_window_is_the_last_days() -> None:
    assert due(everything_known(), 60, 10**6)[1:] == list(range(TONIGHT - 60, TONIGHT))


def test_the_window_reaches_at_least_to_the_first_of_last_month() -> None:
    assert due(everything_known(), 5, 10**6)[1:] == list(range(on("2026-10-01"), TONIGHT))


def test_last_month_is_that_of_yesterday() -> None:
    horizon = Horizon(on("2026-11-01"), 365)
    known = {day: entry() for day in horizon.days}
    assert due_days(known, horizon, 5, 10**6)[1] == on("2026-09-01")


def test_a_missing_day_is_due_however_old() -> None:
    known = everything_known()
    hole = HORIZON.first + 100
    del known[hole]
    assert hole in due(known)


def test_a_day_that_is_not_sealed_is_due_however_old() -> None:
    known = everything_known()
    known[HORIZON.first + 100] = entry(400, sealed=False)
    assert HORIZON.first + 100 in due(known, 45, 10**6)


def test_the_whole_horizon_is_read_anew_within_two_weeks() -> None:
    known, read = everything_known(), set[int]()
    for night in range(14):
        tonight = due(known)
        assert len(tonight) <= 50 + 23  # the window since the first of October, and a fourteenth of the rest
        read.update(tonight)
        known |= {day: entry(1000 + night) for day in tonight}
    assert read == set(HORIZON.days)


def test_the_days_read_longest_ago_come_first() -> None:
    known = everything_known()
    known[HORIZON.first + 7] = entry(-1)
    assert due(known, 45, 10**6)[0] == HORIZON.first + 7


def test_a_short_horizon_is_read_whole() -> None:
    horizon = Horizon(TONIGHT, 10)
    assert due_days({day: entry() for day in horizon.days}, horizon, 45, 14) == list(horizon.days)


def test_days_of_files_are_asked_for_inside_the_window_only() -> None:
    known = {day: entry(sealed=day % 2 == 0, origin="history.csv 1234") for day in HORIZON.days}
    assert due(known) == list(range(on("2026-10-01"), TONIGHT))
    del known[HORIZON.first]
    assert due(known)[0] == HORIZON.first
