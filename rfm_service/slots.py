"""Which night is due. The journal and the calendar decide, not a timer's memory.

A night is a slot in the calendar, known by its local date: so restarts, clock steps and summer time neither lose nor
double one.
"""

import sqlite3
from datetime import timedelta

from rfm_service.clock import Clock, date_of, day_of, stamp
from rfm_service.errors import ClockWrong
from rfm_service.home import Home
from rfm_service.night import OPERATOR_PAUSE
from rfm_service.store import journal, ledger

LONGEST_SILENCE = 400
SMALL_STEP = timedelta(hours=2)


def due_night(home: Home, store: sqlite3.Connection, clock: Clock) -> int | None:
    """The reference day of the night that ought to be worked on now: one that was asked for, or else the latest.

    Raises ClockWrong when the sales that are known say that it cannot be that day.
    """
    wished = journal.wished_night(store)
    return wished if wished is not None else _due_by_calendar(home, store, clock)


def _due_by_calendar(home: Home, store: sqlite3.Connection, clock: Clock) -> int | None:
    local = clock.now().astimezone(home.settings.erp.zone)
    today = day_of(local)
    reference_day = today if local.strftime("%H:%M") >= home.settings.night.at else today - 1
    require_plausible_clock(reference_day, ledger.newest_day_with_sales(store))
    run = journal.latest_run_of(store, reference_day)
    if run is None or run.started_at > stamp(clock.now() + SMALL_STEP):
        return reference_day  # the last: it was worked on under a clock that ran ahead
    waits = stamp(clock.now()) < run.retry_at <= stamp(clock.now() + _longest_pause(home))
    return reference_day if run.state in {"running", "failed"} and not waits else None


def _longest_pause(home: Home) -> timedelta:
    """What claims to wait for longer was dated by a clock that ran ahead."""
    return max(OPERATOR_PAUSE, timedelta(minutes=home.settings.night.retry_minutes)) + SMALL_STEP


def require_plausible_clock(reference_day: int, newest: int | None) -> None:
    """Compare today with the newest day that has sales. Raises ClockWrong: sales do not come from the future."""
    if newest is None or newest <= reference_day <= newest + LONGEST_SILENCE:
        return
    raise ClockWrong(
        "The clock of this machine says {0}, but the newest sales are of {1}. Set the clock;"
        " if it is right, run: once --date {0}",
        date_of(reference_day).isoformat(),
        date_of(newest).isoformat(),
    )
