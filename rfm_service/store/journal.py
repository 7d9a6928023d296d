"""Runs and their steps: what was begun, what is finished, with which receipt. Resuming is reading receipts.

A step that begins is taken for dead until it ends by itself: so one that takes the whole machine down is counted too.
"""

import sqlite3
from datetime import datetime

import msgspec

from rfm_service.clock import date_of, stamp
from rfm_service.locales import N_
from rfm_service.receipts import Receipt, StepReport
from rfm_service.records import to_json
from rfm_service.store.connection import transaction

CUT_OFF = N_("Cut off, and not taken up again.")


class Run(msgspec.Struct, frozen=True):
    """A night's work. `state` is running, done, failed, or parked: not tried again by itself."""

    run_id: str
    reference_day: int
    state: str
    started_at: str
    ended_at: str
    retry_at: str
    error: str


RUN_COLUMNS = ", ".join(Run.__struct_fields__)


def begin_run(store: sqlite3.Connection, reference_day: int, settings: str, moment: datetime) -> str:
    """The run to work on: the one of that day that was cut off under the same settings, or else a new one."""
    with transaction(store):
        runs = store.execute(
            "SELECT run_id, state, settings FROM run WHERE reference_day = ? ORDER BY rowid",
            (reference_day,),
        ).fetchall()
        if runs and runs[-1][1:] == ("running", settings):
            return str(runs[-1][0])
        store.execute(
            "UPDATE run SET state = 'failed', ended_at = ?, error = ? WHERE state = 'running'",
            (stamp(moment), CUT_OFF),
        )
        run_id = f"{date_of(reference_day).isoformat()}-{len(runs) + 1}"
        store.execute(
            "INSERT INTO run (run_id, reference_day, state, settings, started_at) VALUES (?, ?, 'running', ?, ?)",
            (run_id, reference_day, settings, stamp(moment)),
        )
        store.execute("DELETE FROM wish WHERE reference_day = ?", (reference_day,))
    return run_id


def finish_run(store: sqlite3.Connection, run_id: str, moment: datetime) -> None:
    """The run is done. Inside the caller's transaction."""
    store.execute(
        "UPDATE run SET (state, ended_at, retry_at, error) = ('done', ?, '', '') WHERE run_id = ?",
        (stamp(moment), run_id),
    )


def fail_run(store: sqlite3.Connection, run_id: str, error: str, moment: datetime, retry_at: datetime) -> None:
    """The run failed, and when to try again. Inside the caller's transaction."""
    store.execute(
        "UPDATE run SET state = 'failed', ended_at = ?, retry_at = ?, error = ? WHERE run_id = ?",
        (stamp(moment), stamp(retry_at), error, run_id),
    )


def park_run(store: sqlite3.Connection, run_id: str, error: str, moment: datetime) -> None:
    """The run failed, and is not tried again unless a person asks. Inside the caller's transaction."""
    store.execute(
        "UPDATE run SET state = 'parked', ended_at = ?, error = ? WHERE run_id = ?", (stamp(moment), error, run_id)
    )


def ask_for_night(store: sqlite3.Connection, reference_day: int, moment: datetime) -> None:
    """A person wants this night now. Inside the caller's transaction."""
    store.execute("INSERT OR REPLACE INTO wish VALUES (?, ?)", (reference_day, stamp(moment)))


def wished_night(store: sqlite3.Connection) -> int | None:
    """The night that was asked for, if any."""
    wished: int | None = store.execute("SELECT max(reference_day) FROM wish").fetchone()[0]
    return wished


def pause_run(store: sqlite3.Connection, run_id: str, error: str, retry_at: datetime) -> bool:
    """The run goes on later, where it is. Whether it is its first pause. Inside the caller's transaction."""
    (known,) = store.execute("SELECT error FROM run WHERE run_id = ?", (run_id,)).fetchone()
    store.execute("UPDATE run SET (retry_at, error) = (?, ?) WHERE run_id = ?", (stamp(retry_at), error, run_id))
    return not known


def give_up_runs(store: sqlite3.Connection, error: str, moment: datetime) -> None:
    """No run is taken up where it was; the nights are due again. Inside the caller's transaction."""
    store.execute(
        "UPDATE run SET (state, ended_at, retry_at, error) = ('failed', ?, '', ?) WHERE state = 'running'",
        (stamp(moment), error),
    )


def retry_now(store: sqlite3.Connection, moment: datetime) -> None:
    """Nothing that failed or was paused waits any longer. Inside the caller's transaction."""
    store.execute(
        "UPDATE run SET retry_at = ? WHERE state IN ('running', 'failed') AND retry_at > ?",
        (stamp(moment), stamp(moment)),
    )


def cut_off_runs(store: sqlite3.Connection) -> set[str]:
    """Runs that may still be taken up."""
    return {run_id for (run_id,) in store.execute("SELECT run_id FROM run WHERE state = 'running'")}


def failed_before(store: sqlite3.Connection, reference_day: int, error: str) -> bool:
    """Whether that night has failed with this error already."""
    found = store.execute(
        "SELECT 1 FROM run WHERE reference_day = ? AND state = 'failed' AND error = ? LIMIT 1", (reference_day, error)
    )
    return found.fetchone() is not None


def latest_runs(store: sqlite3.Connection, limit: int) -> list[Run]:
    """The newest runs first."""
    rows = store.execute(f"SELECT {RUN_COLUMNS} FROM run ORDER BY rowid DESC LIMIT ?", (limit,))
    return [Run(*row) for row in rows]


def done_runs(store: sqlite3.Connection, limit: int) -> list[Run]:
    """The newest finished runs first."""
    rows = store.execute(f"SELECT {RUN_COLUMNS} FROM run WHERE state = 'done' ORDER BY rowid DESC LIMIT ?", (limit,))
    return [Run(*row) for row in rows]


def latest_run_of(store: sqlite3.Connection, reference_day: int) -> Run | None:
    """The newest run of a night."""
    row = store.execute(
        f"SELECT {RUN_COLUMNS} FROM run WHERE reference_day = ? ORDER BY rowid DESC LIMIT 1",
        (reference_day,),
    ).fetchone()
    return Run(*row) if row else None


def start_steps(store: sqlite3.Connection, run_id: str, steps: list[str], moment: datetime) -> None:
    """These steps begin now."""
    with transaction(store):
        store.executemany(
            "INSERT INTO step (run_id, step, state, started_at, deaths) VALUES (?, ?, 'running', ?, 1)"
            " ON CONFLICT DO UPDATE SET (state, started_at, deaths, receipt)"
            " = ('running', excluded.started_at, deaths + 1, '')",
            ((run_id, step, stamp(moment)) for step in steps),
        )


def stop_steps(store: sqlite3.Connection, run_id: str) -> None:
    """We stop them ourselves: that is no death of theirs."""
    with transaction(store):
        store.execute("UPDATE step SET deaths = deaths - 1 WHERE run_id = ? AND state = 'running'", (run_id,))


def end_step(
    store: sqlite3.Connection, run_id: str, report: StepReport, receipt: Receipt | None, error: str, *, died: bool
) -> None:
    """A step ended: with a receipt, or with an error, or it died."""
    with transaction(store):
        store.execute(
            "UPDATE step SET state = ?, seconds = ?, peak_mib = ?, receipt = ?, error = ?, deaths = deaths - ?"
            " WHERE run_id = ? AND step = ?",
            (
                "done" if receipt else "failed",
                report.seconds,
                report.peak_mib,
                to_json(receipt) if receipt else "",
                error,
                not died,
                run_id,
                report.step,
            ),
        )


def deaths(store: sqlite3.Connection, reference_day: int, step: str) -> int:
    """How often a step of this night has died since the night was last done or parked."""
    (found,) = store.execute(
        "SELECT coalesce(sum(deaths), 0) FROM step JOIN run USING (run_id)"
        " WHERE (reference_day, step) = (:day, :step) AND run.rowid > coalesce("
        "(SELECT max(rowid) FROM run WHERE reference_day = :day AND run.state IN ('done', 'parked')), 0)",
        {"day": reference_day, "step": step},
    ).fetchone()
    return int(found)


def receipts(store: sqlite3.Connection, run_id: str) -> dict[str, Receipt]:
    """The receipts of the finished steps."""
    rows = store.execute("SELECT step, receipt FROM step WHERE run_id = ? AND state = 'done'", (run_id,))
    return {step: msgspec.json.decode(receipt, type=Receipt) for step, receipt in rows}


def seconds_of(store: sqlite3.Connection, run_id: str) -> float:
    """How long the finished steps took; of those that ran side by side the longest counts."""
    (seconds,) = store.execute(
        "SELECT coalesce(sum(longest), 0) FROM"
        " (SELECT max(seconds) AS longest FROM step WHERE run_id = ? AND state = 'done' GROUP BY started_at)",
        (run_id,),
    ).fetchone()
    return float(seconds)


def step_reports(store: sqlite3.Connection, run_id: str) -> list[StepReport]:
    """How the finished steps went, in the order they began."""
    rows = store.execute(
        "SELECT step, seconds, peak_mib FROM step WHERE run_id = ? AND state = 'done' ORDER BY started_at, rowid",
        (run_id,),
    )
    return [StepReport(*row) for row in rows]
