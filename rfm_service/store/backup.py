"""Verified copies of the store, and the way back: damaged files are set aside whole, never deleted.

A copy gets its name only after it was flushed, read back and found sound: integrity, references, the fingerprint of
every day, every account.
"""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from rfm_service.disk import flush, is_full, make_private
from rfm_service.errors import BackupUnusable, DiskFull, FolderUnusable, RfmError, StoreDamaged
from rfm_service.store import verify
from rfm_service.store.file import connected, connected_to_read

FORMAT = "sales-%Y-%m-%dT%H%M%SZ.db"
NAMED = re.compile(r"sales-\d{4}-\d\d-\d\dT\d{6}Z\.db")
COMPANIONS = ("-journal", "-wal", "-shm", "")
"""What belongs to a database, itself last: a journal that stayed behind would be played into the next one."""


class Backup(NamedTuple):
    """A verified copy. `bytes`: its size."""

    path: Path
    bytes: int


def make_backup(database: Path, folder: Path, moment: datetime, keep: int) -> Backup:
    """A verified copy of the store in `folder`; of the older ones the newest are kept, `keep` files in all.

    By count, never by age, and never named before an older one: a wrong clock deletes nothing. Raises StoreDamaged when
    the store itself is damaged, FolderUnusable, DiskFull; then the older copies stay.
    """
    _make_folder(folder)
    older = backups_in(folder)
    moment = max(moment, _moment_of(older[0]) + timedelta(seconds=1)) if older else moment
    path = folder / moment.strftime(FORMAT)
    _copy_verified(database, path)
    for surplus in backups_in(folder)[keep:]:
        surplus.unlink()
    return Backup(path, path.stat().st_size)


def versions_folder(database: Path) -> Path:
    """Where copies from before migrations go, wherever the nightly ones do."""
    return database.parent / "backups"


def keep_version(database: Path, version: int) -> None:
    """A verified copy of the store before it is migrated from this version."""
    folder = versions_folder(database)
    _make_folder(folder)
    _copy_verified(database, folder / f"sales-version-{version}.db")


def versions_in(database: Path) -> list[Path]:
    """The copies from before migrations, the newest first."""
    copies = versions_folder(database).glob("sales-version-*.db")
    return sorted(copies, key=lambda path: path.stat().st_mtime, reverse=True)


def backups_in(folder: Path) -> list[Path]:
    """The copies in a folder, the newest first."""
    return sorted((path for path in folder.glob("sales-*.db") if NAMED.fullmatch(path.name)), reverse=True)


def copies_in(folder: Path) -> list[Path]:
    """Every copy in a folder, those from before migrations and those that were cut off included."""
    return sorted([*folder.glob("sales-*.db"), *folder.glob(".sales-*.part*")])


def damages_of(path: Path) -> list[str]:
    """What is wrong with a copy: nothing when the service could go on from it."""
    try:
        with connected_to_read(path) as copy:
            return verify.troubles(copy)
    except RfmError as error:
        return [str(error)]


def set_aside(database: Path, folder: Path) -> bool:
    """Move the database, whole, with its journal, into a new folder. Whether there was anything to move."""
    files = [file for companion in COMPANIONS if (file := database.with_name(database.name + companion)).exists()]
    full = [file for file in files if file.stat().st_size]
    for file in files:
        if file in full:
            make_private(folder)
            file.rename(folder / file.name)
        else:
            file.unlink()
    if full:
        flush(folder)
    flush(database.parent)
    return bool(full)


def restore(backup: Path, database: Path, make_way: Callable[[], object]) -> None:
    """Lay a copy of a backup where the database was; `make_way` is called once the copy is there, whole and sound.

    Raises BackupUnusable when the backup is damaged, DiskFull, FolderUnusable; then the database is still there.
    """
    part = database.with_name(f".{database.name}.part")
    try:
        shutil.copyfile(backup, part)
        flush(part)
        if found := damages_of(part):
            raise BackupUnusable("{0} is damaged: {1}.", str(backup), found[0])
        make_way()
        part.rename(database)
        flush(database.parent)
    except OSError as error:
        raise _unusable(error, database.parent) from None
    finally:
        part.unlink(missing_ok=True)


def restore_newest(folder: Path, database: Path, make_way: Callable[[], object]) -> Path | None:
    """Lay the newest backup that is sound where the database was. Which one; None when there is none."""
    for backup in backups_in(folder):
        try:
            restore(backup, database, make_way)
        except BackupUnusable:
            continue
        return backup
    return None


def _moment_of(backup: Path) -> datetime:
    return datetime.strptime(backup.name, FORMAT).replace(tzinfo=UTC)


def _make_folder(folder: Path) -> None:
    try:
        make_private(folder)
    except OSError as error:
        raise _unusable(error, folder) from None


def _copy_verified(database: Path, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        for stale in path.parent.glob(".sales-*.part*"):
            stale.unlink()
        with connected(database, create=False) as source, connected(part, create=True) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # it is flushed when it is whole
            source.backup(copy)
        flush(part)
        _require_sound(part, database)
        part.replace(path)
        flush(path.parent)
    except OSError as error:
        raise _unusable(error, path.parent) from None
    finally:
        for file in path.parent.glob(f"{part.name}*"):
            file.unlink()


def _require_sound(copy: Path, database: Path) -> None:
    """Raises StoreDamaged when the store is damaged, FolderUnusable when only the copy is."""
    if not (found := damages_of(copy)):
        return
    with connected(database, create=False) as source:
        if own := verify.troubles(source):
            raise StoreDamaged("{0} is damaged, and no backup was made of it: {1}.", str(database), own[0])
    raise FolderUnusable("The backup in {0} reads back differently: {1}.", str(copy.parent), found[0])


def _unusable(error: OSError, folder: Path) -> RfmError:
    if is_full(error):
        return DiskFull("The disk with {0} is full. Make room; nothing is lost.", str(folder))
    return FolderUnusable(
        "Cannot use the folder {0}: {1}. May this user write there?", str(folder), error.strerror or "?"
    )
