"""A run goes on where it was cut off, under the settings it began with; everything else begins anew."""

import sqlite3
from datetime import timedelta

import pytest

from rfm_service.receipts import CheckReceipt, FilesReceipt, StepReport
from rfm_service.store import journal
from rfm_service.store.connection import transaction

from .builders import MOMENT

NIGHT = 20_777
LATER = MOMENT + timedelta(minutes=30)
FIRST, SECOND = "2026-11-20-1", "2026-11-20-2"


def begin(store: sqlite3.Connection, night: int = NIGHT, settings: str = "as ever") -> str:
    return journal.begin_run(store, night, settings, MOMENT)


def states(store: sqlite3.Connection) -> dict[str, str]:
    return dict(store.execute("SELECT run_id, state FROM run").fetchall())


def test_the_first_run_of_a_night(store: sqlite3.Connection) -> None:
    assert begin(store) == FIRST
    run = journal.Run(FIRST, NIGHT, "running", "2026-11-20T02:00:00Z", "", "", "")
    assert journal.latest_run_of(store, NIGHT) == run
    assert journal.latest_run_of(store, NIGHT + 1) is None


def test_a_run_that_was_cut_off_goes_on(store: sqlite3.Connection) -> None:
    assert [begin(store), begin(store)] == [FIRST, FIRST]
    assert states(store) == {FIRST: "running"}


def test_under_other_settings_a_run_that_was_cut_off_begins_anew(store: sqlite3.Connection) -> None:
    assert [begin(store), begin(store, settings="others")] == [FIRST, SECOND]
    assert states(store) == {FIRST: "failed", SECOND: "running"}
    # back to the old settings: the newest run counts
    assert begin(store) == "2026-11-20-3"


def test_a_failed_run_begins_anew(store: sqlite3.Connection) -> None:
    with transaction(store):
        journal.fail_run(store, begin_inside(store), "The ERP is closed.", MOMENT, LATER)
    assert begin(store) == SECOND
    runs = journal.latest_runs(store, 10)
    assert runs[1] == journal.Run(
        FIRST, NIGHT, "failed", "2026-11-20T02:00:00Z", "2026-11-20T02:00:00Z", "2026-11-20T02:30:00Z",
        "The ERP is closed.",
    )  # fmt: skip


def begin_inside(store: sqlite3.Connection) -> str:
    """A running run, written by hand, for a test that is inside a transaction."""
    store.execute(
        "INSERT INTO run (run_id, reference_day, state, settings, started_at) VALUES (?, ?, 'running', 'as ever', ?)",
        (FIRST, NIGHT, "2026-11-20T02:00:00Z"),
    )
    return FIRST


def test_a_finished_run_begins_anew(store: sqlite3.Connection) -> None:
    with transaction(store):
        journal.finish_run(store, begin_inside(store), LATER)
    assert begin(store) == SECOND
    assert states(store) == {FIRST: "done", SECOND: "running"}


def test_another_night_closes_the_run_that_was_cut_off(store: sqlite3.Connection) -> None:
    begin(store)
    assert begin(store, NIGHT + 1) == "2026-11-21-1"
    cut_off = journal.latest_run_of(store, NIGHT)
    assert cut_off is not None
    assert (cut_off.state, cut_off.error) == ("failed", "Cut off, and not taken up again.")


def test_the_newest_runs_come_first(store: sqlite3.Connection) -> None:
    for day in range(3):
        journal.begin_run(store, NIGHT + day, "", MOMENT + timedelta(days=day))
    assert [run.run_id for run in journal.latest_runs(store, 2)] == ["2026-11-22-1", "2026-11-21-1"]


# Steps


def test_receipts_are_of_finished_steps_only(store: sqlite3.Connection) -> None:
    run = begin(store)
    journal.start_steps(store, run, ["write_workbook", "draw_charts", "check_totals"], MOMENT)
    files = FilesReceipt({"RFM.xlsx": "abc"}, {"customers.monetary": 1})
    journal.end_step(store, run, StepReport("write_workbook", 1.5, 80), files, "", died=False)
    journal.end_step(store, run, StepReport("draw_charts", 2.5, 90), None, "no space left", died=False)
    assert journal.receipts(store, run) == {"write_workbook": files}
    assert journal.step_reports(store, run) == [StepReport("write_workbook", 1.5, 80)]
    assert store.execute("SELECT state, error FROM step ORDER BY step").fetchall() == [
        ("running", ""),
        ("failed", "no space left"),
        ("done", ""),
    ]


def test_a_step_that_is_started_again_forgets_its_end(store: sqlite3.Connection) -> None:
    run = begin(store)
    journal.start_steps(store, run, ["check_totals"], MOMENT)
    journal.end_step(store, run, StepReport("check_totals", 1.0, 0), CheckReceipt(6), "", died=False)
    journal.start_steps(store, run, ["check_totals"], LATER)
    assert journal.receipts(store, run) == {}


def test_steps_are_told_in_the_order_they_began(store: sqlite3.Connection) -> None:
    run = begin(store)
    names = ["sync_sales", "classify_customers", "draw_charts", "check_totals"]
    for minute, group in enumerate((names[:1], names[1:3], names[3:])):
        journal.start_steps(store, run, group, MOMENT + timedelta(minutes=minute))
    for name in reversed(names):
        journal.end_step(store, run, StepReport(name, 1.0, 0), CheckReceipt(1), "", died=False)
    assert [report.step for report in journal.step_reports(store, run)] == names


def test_a_step_needs_its_run(store: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        journal.start_steps(store, "no such run", ["sync_sales"], MOMENT)


def test_of_steps_side_by_side_the_longest_counts(store: sqlite3.Connection) -> None:
    run = begin(store)
    for moment, took in ((MOMENT, {"read": 60.0}), (LATER, {"draw": 40.0, "write": 30.0, "fail": 90.0})):
        journal.start_steps(store, run, list(took), moment)
        for step, seconds in took.items():
            receipt = None if step == "fail" else CheckReceipt(compared=1)
            journal.end_step(store, run, StepReport(step, seconds, 1), receipt, "", died=False)
    assert journal.seconds_of(store, run) == 100.0
