"""One way to open the store: durable, strict, migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rfm_service.errors import ConfigurationError, FolderUnusable

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 60_000


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The store at `path`, created and migrated when needed, closed afterwards.

    Raises ConfigurationError when the file is newer than the program or is no sound database, FolderUnusable when the
    disk is full or the file cannot be used; also for what happens while it is open.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as store:
            _prepare(store)
            _migrate(store, path)
            yield store
    except sqlite3.DatabaseError as error:
        raise _told(error, path) from None
    except FileExistsError:
        raise FolderUnusable("{0} must be a folder. Rename what stands there.", str(path.parent)) from None


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


def _told(error: sqlite3.DatabaseError, path: Path) -> Exception:
    """The error as a sentence, if it is about the file and not about us."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return ConfigurationError(
            "{0} is not a sound database ({1}). Set it aside and start again: the sales are read anew.",
            str(path),
            str(error),
        )
    if code == sqlite3.SQLITE_FULL:
        return FolderUnusable("The disk with {0} is full. Make room; nothing is lost.", str(path))
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}:
        return FolderUnusable("Cannot use {0}: {1}. May this user write there?", str(path), str(error))
    return error


def _prepare(store: sqlite3.Connection) -> None:
    # No WAL: SQLite before 3.51.3 can corrupt it, while FULL + TRUNCATE lost nothing in 150 power cuts.
    store.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    store.execute("PRAGMA journal_mode = TRUNCATE")
    store.execute("PRAGMA synchronous = FULL")
    store.execute("PRAGMA foreign_keys = ON")
    store.execute("PRAGMA trusted_schema = OFF")
    store.execute("PRAGMA secure_delete = ON")
    store.execute("PRAGMA temp_store = MEMORY")
    store.execute("PRAGMA cache_size = -65536")


def _migrate(store: sqlite3.Connection, path: Path) -> None:
    scripts = sorted(MIGRATIONS.glob("*.sql"))
    if _version(store) > len(scripts):
        raise ConfigurationError(
            "{0} was written by a newer version of the program. Update the program; the file was not touched.",
            str(path),
        )
    if _version(store) == len(scripts):
        return
    with transaction(store):
        for number, script in enumerate(scripts[_version(store) :], start=_version(store) + 1):
            for statement in _statements(script.read_text(encoding="utf-8")):
                store.execute(statement)
            store.execute(f"PRAGMA user_version = {number}")


def _version(store: sqlite3.Connection) -> int:
    version: int = store.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit the transaction around them."""
    statement = ""
    for row in script.splitlines(keepends=True):
        statement += row
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
