"""The state of the service as one value: last runs, the ledger, what waits. For eyes, programs and monitors."""

import sqlite3

import msgspec

from rfm_service.clock import Clock, date_of, moment_of, stamp
from rfm_service.disk import make_private
from rfm_service.home import Home
from rfm_service.reports.publish import write_whole
from rfm_service.store import journal, ledger, outbox, quarantine, spool, suspects

RUNS_SHOWN = 7


class Status(msgspec.Struct, frozen=True):
    """What `status` shows and `status --json` prints."""

    home: str
    days: int
    imported_days: int
    newest_day: str
    quarantined: int
    held_days: list[str]
    unsealed_days: list[str]
    runs: list[journal.Run]
    messages_waiting: int
    reports_waiting: list[spool.Parcel]


def status_of(home: Home, store: sqlite3.Connection) -> Status:
    """Read the state."""
    newest = ledger.newest_day(store)
    return Status(
        home=str(home.path),
        days=ledger.known_days(store),
        imported_days=len(ledger.imported_days(store)),
        newest_day="" if newest is None else date_of(newest).isoformat(),
        quarantined=quarantine.count_quarantined(store),
        held_days=[date_of(one.day).isoformat() for one in suspects.waiting(store)],
        unsealed_days=[date_of(day).isoformat() for day in ledger.unsealed_days(store)],
        runs=journal.latest_runs(store, RUNS_SHOWN),
        messages_waiting=outbox.messages_waiting(store),
        reports_waiting=spool.waiting_parcels(store),
    )


def write_state(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    """Leave the state for monitors, whole at every instant: `status.json`, and `metrics.prom` for Prometheus."""
    status = status_of(home, store)
    make_private(home.logs)
    told = {"written_at": stamp(clock.now()), **msgspec.structs.asdict(status)}
    write_whole(home.logs / "status.json", msgspec.json.format(msgspec.json.encode(told)))
    done = journal.done_runs(store, 1)
    write_whole(home.logs / "metrics.prom", _metrics(status, done, clock).encode())


def _metrics(status: Status, done: list[journal.Run], clock: Clock) -> str:
    ended = [run for run in status.runs if run.state != "running"]
    gauges = {
        "heartbeat_timestamp_seconds": ("When this file was written.", clock.now().timestamp()),
        "last_night_timestamp_seconds": ("When the last finished night ended.", _seconds(done)),
        "last_night_succeeded": (
            "Whether the last night that ended is done.",
            [run.state for run in ended[:1]] == ["done"],
        ),
        "days_known": ("Days of sales in the store.", status.days),
        "days_held": ("Days that shrank too much to be believed.", len(status.held_days)),
        "days_unsealed": ("Days to be read again.", len(status.unsealed_days)),
        "lines_quarantined": ("Sales lines that could not be read.", status.quarantined),
        "messages_waiting": ("Messages that were not sent yet.", status.messages_waiting),
        "reports_waiting": ("Reports that are not in their folder yet.", len(status.reports_waiting)),
    }
    return "".join(
        f"# HELP rfm_{name} {meaning}\n# TYPE rfm_{name} gauge\nrfm_{name} {float(value):.15g}\n"
        for name, (meaning, value) in gauges.items()
    )


def _seconds(done: list[journal.Run]) -> float:
    return moment_of(done[0].ended_at).timestamp() if done else 0.0
