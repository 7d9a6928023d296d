"""One way to open the store: durable, strict, migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfm_service.errors import ConfigurationError
from rfm_service.store.backup import keep_version
from rfm_service.store.file import connected, is_busy
from rfm_service.store.schema import MIGRATIONS, apply_scripts, scripts_in, version_of

BRIEF_MS = 2000


@contextmanager
def opened(path: Path, migrations: Path = MIGRATIONS) -> Iterator[sqlite3.Connection]:
    """The store at `path`, created and migrated when needed, closed afterwards.

    Before a migration a verified copy is laid into `backups` beside it. Raises ConfigurationError when the file is
    newer than the program, StoreDamaged, DiskFull, FolderUnusable; also for what happens while it is open.
    """
    with connected(path, create=True) as store:
        _migrate(store, path, migrations)
        yield store


@contextmanager
def existing(path: Path) -> Iterator[sqlite3.Connection]:
    """The store at `path`, migrated when needed, closed afterwards. Raises StoreGone, and what `opened` raises."""
    with connected(path, create=False) as store:
        _migrate(store, path, MIGRATIONS)
        yield store


@contextmanager
def transaction(store: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of the block or none of it."""
    store.execute("BEGIN IMMEDIATE")
    try:
        yield store
        store.execute("COMMIT")
    except BaseException:
        if store.in_transaction:
            store.execute("ROLLBACK")
        raise


def wait_briefly(store: sqlite3.Connection) -> None:
    """Do not wait long for another writer: for a loop that has other things to do."""
    store.execute(f"PRAGMA busy_timeout = {BRIEF_MS}")


def can_write(store: sqlite3.Connection) -> bool:
    """Whether a transaction could begin now: nobody else is in the middle of one."""
    try:
        store.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            return False
        raise
    store.execute("ROLLBACK")
    return True


def _migrate(store: sqlite3.Connection, path: Path, migrations: Path) -> None:
    scripts, version = scripts_in(migrations), version_of(store)
    if version > len(scripts):
        raise ConfigurationError(
            "{0} was written by a newer version of the program. Update the program; the file was not touched.",
            str(path),
        )
    if version == len(scripts):
        return
    if version:
        keep_version(path, version)
    with transaction(store):
        apply_scripts(store, scripts, version)
