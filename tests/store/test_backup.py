"""A backup is sound or is not there; a restored one is the store it was made of; a damaged store is never copied."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rfm_service.errors import BackupUnusable, FolderUnusable, StoreDamaged
from rfm_service.store import backup
from rfm_service.store.connection import opened

from .builders import answer, bought, on, sale, write

DAY = on("2026-11-09")
NIGHT = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
NAME = "sales-2026-11-20T021500Z.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store with one sale, closed."""
    path = tmp_path / "db" / "sales.db"
    with opened(path) as store:
        write(store, answer(DAY, sale(DAY)))
    return path


def spoil(path: Path) -> None:
    """A quantity changes on the disk, which no page or reference shows."""
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE line SET quantity = quantity + 1")
        store.commit()


def test_a_backup_restored_is_the_store_it_was_made_of(database: Path, tmp_path: Path) -> None:
    made = backup.make_backup(database, tmp_path / "backups", NIGHT, keep=7)
    backup.set_aside(database, tmp_path / "aside")
    backup.restore(made.path, database, lambda: None)

    assert (made.path.name, made.bytes) == (NAME, made.path.stat().st_size)
    assert [file.name for file in (tmp_path / "backups").iterdir()] == [NAME]
    with opened(database) as store:
        assert bought(store) == [(DAY, "A", 200_00)]


def test_old_backups_go_by_count(database: Path, tmp_path: Path) -> None:
    for night in range(5):
        backup.make_backup(database, tmp_path, NIGHT + timedelta(days=night), keep=3)
    assert [path.name[6:16] for path in backup.backups_in(tmp_path)] == ["2026-11-24", "2026-11-23", "2026-11-22"]


def test_a_clock_that_goes_back_neither_deletes_the_new_backup_nor_hides_it(database: Path, tmp_path: Path) -> None:
    first = backup.make_backup(database, tmp_path, NIGHT, keep=2)
    second = backup.make_backup(database, tmp_path, datetime(2001, 1, 1, tzinfo=UTC), keep=2)
    assert backup.backups_in(tmp_path) == [second.path, first.path]


def test_of_a_damaged_store_no_backup_is_made(database: Path, tmp_path: Path) -> None:
    good = backup.make_backup(database, tmp_path, NIGHT, keep=1).path
    before = good.read_bytes()
    spoil(database)
    with pytest.raises(StoreDamaged, match="the rows of 2026-11-09 are not those that were written"):
        backup.make_backup(database, tmp_path, NIGHT + timedelta(days=1), keep=1)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [good]
    assert good.read_bytes() == before


def test_a_damaged_backup_is_not_restored(database: Path, tmp_path: Path) -> None:
    older = backup.make_backup(database, tmp_path / "backups", NIGHT, keep=7).path
    newer = backup.make_backup(database, tmp_path / "backups", NIGHT + timedelta(days=1), keep=7).path
    spoil(newer)
    backup.set_aside(database, tmp_path / "aside")

    assert backup.damages_of(newer)
    with pytest.raises(BackupUnusable, match="is damaged"):
        backup.restore(newer, database, lambda: None)
    assert not database.exists()
    assert backup.restore_newest(tmp_path / "backups", database, lambda: None) == older
    assert backup.restore_newest(tmp_path / "nowhere", database, lambda: None) is None


def test_a_journal_is_set_aside_with_its_database(database: Path, tmp_path: Path) -> None:
    journal = database.with_name("sales.db-journal")
    journal.write_bytes(b"whatever")
    backup.set_aside(database, tmp_path / "aside")
    assert list(database.parent.iterdir()) == []
    assert (tmp_path / "aside" / journal.name).read_bytes() == b"whatever"


def test_a_file_in_the_place_of_the_folder_is_said(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusable, match="Cannot use the folder"):
        backup.make_backup(database, tmp_path / "file", NIGHT, keep=7)
