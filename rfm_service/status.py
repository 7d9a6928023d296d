"""The state of the service as one value: last runs, the ledger, what waits."""

import sqlite3

import msgspec

from rfm_service.clock import date_of
from rfm_service.settings import Home
from rfm_service.store import journal, ledger, outbox, quarantine, spool, suspects

RUNS_SHOWN = 7


class Status(msgspec.Struct, frozen=True):
    """What `status` shows and `status --json` prints."""

    home: str
    days: int
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
        newest_day="" if newest is None else date_of(newest).isoformat(),
        quarantined=quarantine.count_quarantined(store),
        held_days=[date_of(day).isoformat() for day in suspects.suspects(store)],
        unsealed_days=[date_of(day).isoformat() for day in ledger.unsealed_days(store)],
        runs=journal.latest_runs(store, RUNS_SHOWN),
        messages_waiting=outbox.messages_waiting(store),
        reports_waiting=spool.waiting_parcels(store),
    )
