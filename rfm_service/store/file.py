"""The file of the store: opened durable and strict; what goes wrong with it is told in sentences."""

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from rfm_service.disk import make_private
from rfm_service.errors import DiskFull, FolderUnusable, StoreDamaged, StoreGone

BUSY_MS = 60_000
IN_MEMORY = ":memory:"
JOURNALLED, LOGGED = b"\1\1", b"\2\2"
"""The two formats that SQLite writes, in bytes 18 and 19 of the file."""

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNUSABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}
PASSING = UNUSABLE | {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_FULL,
}
"""What says nothing of the file's content."""


@contextmanager
def connected(path: Path, *, create: bool) -> Iterator[sqlite3.Connection]:
    """The database at `path`, closed afterwards; a missing one is created, or else StoreGone is raised.

    Raises StoreDamaged when the file is no sound database, DiskFull, FolderUnusable when the file cannot be used; also
    for what happens while it is open.
    """
    try:
        if str(path) != IN_MEMORY:
            make_private(path.parent)
            _require_format(path)
        if not create:
            require_there(path)
        mode = "rwc" if create else "rw"
        uri = IN_MEMORY if str(path) == IN_MEMORY else f"file:{quote(path.resolve().as_posix())}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as store:
            _prepare(store, path)
            yield store
    except sqlite3.DatabaseError as error:
        raise told(error, path) from None
    except FileExistsError:
        raise FolderUnusable("{0} must be a folder. Rename what stands there.", str(path.parent)) from None


@contextmanager
def connected_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """A database that nobody writes to, left as it is to the byte. Raises like `connected`."""
    try:
        _require_format(path)
        uri = f"file:{quote(path.resolve().as_posix())}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as store:
            yield store
    except sqlite3.DatabaseError as error:
        raise told(error, path) from None


def is_there(path: Path) -> bool:
    """Whether there is a database; an empty file is none."""
    return path.is_file() and path.stat().st_size > 0


def require_there(path: Path) -> None:
    """Raises StoreGone."""
    if not is_there(path):
        raise StoreGone("The database {0} is gone.", str(path))


def told(error: sqlite3.DatabaseError, path: Path) -> Exception:
    """The error as a sentence, if it is about the file and not about us."""
    code = code_of(error)
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
        return StoreGone("The database {0} is gone.", str(path))
    if code in DAMAGED:
        return StoreDamaged("{0} is not a sound database ({1}).", str(path), str(error))
    if code == sqlite3.SQLITE_FULL:
        return DiskFull("The disk with {0} is full. Make room; nothing is lost.", str(path))
    if code in UNUSABLE:
        return FolderUnusable("Cannot use {0}: {1}. May this user write there?", str(path), str(error))
    return error


def is_busy(error: BaseException) -> bool:
    """Whether it only says that another process is in the middle of writing."""
    return isinstance(error, sqlite3.Error) and code_of(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_about_the_file(error: BaseException) -> bool:
    """Whether it says something of the file or its disk, and nothing of the statement."""
    return isinstance(error, sqlite3.Error) and code_of(error) in DAMAGED | PASSING


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, whatever is in it; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary code of an error; 0 when the error is not of its making."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _require_format(path: Path) -> None:
    """SQLite takes a file of an unknown format for one that may not be written, and for nothing worse."""
    try:
        with path.open("rb") if path.is_file() else io.BytesIO() as file:
            header = file.read(20)
    except OSError as error:
        raise FolderUnusable(
            "Cannot use {0}: {1}. May this user write there?", str(path), error.strerror or "?"
        ) from None
    if header[18:] not in {b"", JOURNALLED, LOGGED}:
        raise StoreDamaged("{0} is not a sound database ({1}).", str(path), "unknown file format")


def _prepare(store: sqlite3.Connection, path: Path) -> None:
    try:
        _set(store)
    except UnicodeDecodeError as error:  # what SQLite says of it quotes what stands there
        raise StoreDamaged("{0} is not a sound database ({1}).", str(path), str(error)) from None


def _set(store: sqlite3.Connection) -> None:
    # No WAL: SQLite before 3.51.3 can corrupt it, while FULL + TRUNCATE lost nothing in 150 power cuts.
    store.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    store.execute("PRAGMA journal_mode = TRUNCATE")
    store.execute("PRAGMA synchronous = FULL")
    store.execute("PRAGMA foreign_keys = ON")
    store.execute("PRAGMA trusted_schema = OFF")
    store.execute("PRAGMA secure_delete = ON")
    store.execute("PRAGMA cell_size_check = ON")
    store.execute("PRAGMA temp_store = MEMORY")
    store.execute("PRAGMA cache_size = -65536")
