"""Reports waiting for their folders."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from rfm_service.clock import stamp
from rfm_service.store.connection import transaction

LONGEST_PAUSE = timedelta(hours=3)  # growing_pause, and small steps of the clock


class Parcel(msgspec.Struct, frozen=True):
    """A finished report on its way: `name` is the subfolder that is to appear in `folder`."""

    run_id: str
    folder: str
    name: str
    tries: int
    error: str


def add_parcels(store: sqlite3.Connection, run_id: str, name: str, folders: Iterable[str], moment: datetime) -> None:
    """The report of a run waits for these folders; older ones of the same name need not arrive any more.

    Inside the caller's transaction.
    """
    store.execute("DELETE FROM spool WHERE name = ? AND state = 'waiting'", (name,))
    store.executemany(
        "INSERT OR REPLACE INTO spool (run_id, folder, name, created_at, next_try_at) VALUES (?, ?, ?, ?, ?)",
        ((run_id, folder, name, stamp(moment), stamp(moment)) for folder in folders),
    )


def bring_forward(store: sqlite3.Connection, moment: datetime) -> None:
    """What claims to wait for longer than anything may was dated by a clock that ran ahead: it waits no longer."""
    waiting, latest = "state = 'waiting' AND next_try_at > ?", stamp(moment + LONGEST_PAUSE)
    if store.execute(f"SELECT 1 FROM spool WHERE {waiting} LIMIT 1", (latest,)).fetchone():
        with transaction(store):
            store.execute(f"UPDATE spool SET next_try_at = ? WHERE {waiting}", (stamp(moment), latest))


def due_parcels(store: sqlite3.Connection, moment: datetime) -> list[Parcel]:
    """What may be published now, oldest first."""
    return _parcels(store, "state = 'waiting' AND next_try_at <= ?", stamp(moment))


def waiting_parcels(store: sqlite3.Connection) -> list[Parcel]:
    """Everything that has not arrived."""
    return _parcels(store, "state = 'waiting'")


def published_reports(store: sqlite3.Connection) -> list[str]:
    """Where reports have arrived, oldest first."""
    rows = store.execute("SELECT DISTINCT folder, name FROM spool WHERE state = 'published' ORDER BY name, folder")
    return [place_in(folder, name) for folder, name in rows]


def place_in(folder: str, *names: str) -> str:
    """What people call a file or a folder in a folder of reports."""
    return "/".join((folder, *names)) if folder.startswith("smb://") else str(Path(folder, *names))


def was_reached(store: sqlite3.Connection, folder: str) -> bool:
    """Whether a report has ever arrived there."""
    found = store.execute("SELECT 1 FROM spool WHERE state = 'published' AND folder = ? LIMIT 1", (folder,))
    return found.fetchone() is not None


def parcel_published(store: sqlite3.Connection, parcel: Parcel) -> None:
    """It arrived. Inside the caller's transaction."""
    store.execute(
        "UPDATE spool SET state = 'published', tries = tries + 1, error = '' WHERE run_id = ? AND folder = ?",
        (parcel.run_id, parcel.folder),
    )


def give_up(store: sqlite3.Connection, parcel: Parcel) -> None:
    """It will not arrive. Inside the caller's transaction."""
    store.execute("DELETE FROM spool WHERE run_id = ? AND folder = ?", (parcel.run_id, parcel.folder))


def folder_postponed(store: sqlite3.Connection, folder: str, error: str, next_try: datetime) -> None:
    """The folder is out of reach: everything that waits for it waits on. Inside the caller's transaction."""
    store.execute(
        "UPDATE spool SET tries = tries + 1, error = ?, next_try_at = ? WHERE folder = ? AND state = 'waiting'",
        (error, stamp(next_try), folder),
    )


def drop_strangers(store: sqlite3.Connection, folders: Iterable[str]) -> list[str]:
    """Give up what waits for other folders than these: nobody looks there any more. Which folders those were."""
    kept = list(folders)
    strangers = f"state = 'waiting' AND folder NOT IN ({', '.join('?' * len(kept))})"
    dropped = store.execute(f"SELECT DISTINCT folder FROM spool WHERE {strangers} ORDER BY 1", kept).fetchall()
    if dropped:
        with transaction(store):
            store.execute(f"DELETE FROM spool WHERE {strangers}", kept)
    return [folder for (folder,) in dropped]


def _parcels(store: sqlite3.Connection, condition: str, *values: str) -> list[Parcel]:
    rows = store.execute(
        f"SELECT run_id, folder, name, tries, error FROM spool WHERE {condition} ORDER BY created_at, folder", values
    )
    return [Parcel(*row) for row in rows]
