"""A store of any version becomes one of the present version, or stays what it was; a copy is laid aside first."""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from rfm_service.errors import StoreDamaged
from rfm_service.store import backup
from rfm_service.store.connection import opened
from rfm_service.store.schema import APPLICATION, MIGRATIONS, scripts_in, strange_tables
from tests.conftest import PROJECT

from .builders import answer, bought, on, sale, write

DAY = on("2026-11-09")
PRESENT = len(scripts_in(MIGRATIONS))
NEXT = f"{PRESENT + 1:04}_next.sql"
HEAVY = """
CREATE TABLE big (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
WITH RECURSIVE counted AS (SELECT 1 AS number UNION ALL SELECT number + 1 FROM counted WHERE number < 200000)
INSERT INTO big SELECT number, hex(randomblob(20)) FROM counted;
ALTER TABLE customer ADD COLUMN phone TEXT NOT NULL DEFAULT '';
CREATE INDEX big_by_text ON big (text);
UPDATE customer SET phone = 'none';
"""
MIGRATE = """
import sys
from pathlib import Path
from rfm_service.store.connection import opened
with opened(Path(sys.argv[1]), Path(sys.argv[2])):
    pass
"""
MARKS = f"PRAGMA user_version = {PRESENT}; PRAGMA application_id = {APPLICATION + PRESENT};"
VERSIONS = {file.stem: file.read_text() for file in (PROJECT / "tests" / "store" / "released").glob("*.sql")} | {
    "present": "\n".join([*(script.read_text() for script in scripts_in(MIGRATIONS)), MARKS])
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store of the present version with one sale."""
    path = tmp_path / "db" / "sales.db"
    with opened(path) as store:
        write(store, answer(DAY, sale(DAY)))
    return path


@pytest.fixture
def future(tmp_path: Path) -> Path:
    """The migrations, and one more that takes its time."""
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / NEXT).write_text(HEAVY)
    return folder


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        number: int = store.execute("PRAGMA user_version").fetchone()[0]
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("PRAGMA application_id").fetchone()[0] == APPLICATION + number
        has_table = store.execute("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'big%'").fetchone()[0]
        has_column = store.execute("SELECT count(*) FROM pragma_table_info('customer') WHERE name = 'phone'").fetchone()
        assert (has_table, has_column[0]) == ((2, 1) if number > PRESENT else (0, 0))
    return number


@pytest.mark.parametrize("script", VERSIONS.values(), ids=VERSIONS)
def test_every_released_version_becomes_the_present_one(tmp_path: Path, script: str) -> None:
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(script)
    with opened(path) as store:
        assert strange_tables(store) == []
        write(store, answer(DAY, sale(DAY)))
        assert bought(store) == [(DAY, "A", 200_00)]


def test_products_of_the_first_release_are_of_no_category_until_somebody_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(VERSIONS["0001"])
        old.execute("INSERT INTO product VALUES (1, 'tea', '', 'tea', ''), (2, 'cup', '', 'cup', '')")
    (line,) = sale(DAY, ("tea", 1000, 100_00))
    with opened(path) as store:
        write(store, answer(DAY, [msgspec.structs.replace(line, product_category="Drinks")]))
        found = store.execute("SELECT product_id, name, product_category FROM product ORDER BY product_id").fetchall()
        assert found == [(1, "tea", "Drinks"), (2, "cup", "")]


def test_a_migration_keeps_the_rows_and_lays_a_sound_copy_aside(database: Path, future: Path, tmp_path: Path) -> None:
    with opened(database, future) as store:
        assert bought(store) == [(DAY, "A", 200_00)]
    assert version(database) == PRESENT + 1

    (copy,) = (database.parent / "backups").iterdir()
    assert copy.name == f"sales-version-{PRESENT}.db"
    assert backup.damages_of(copy) == []
    backup.set_aside(database, tmp_path / "aside")
    backup.restore(copy, database, lambda: None)
    with opened(database) as store:
        assert bought(store) == [(DAY, "A", 200_00)]


def test_a_migration_that_fails_leaves_the_old_version(database: Path, future: Path) -> None:
    (future / NEXT).write_text(HEAVY + "CREATE TABLE line (day INTEGER);")
    with pytest.raises(sqlite3.OperationalError, match="table line already exists"), opened(database, future):
        pass
    assert version(database) == PRESENT


def test_a_damaged_store_is_not_migrated(database: Path, future: Path) -> None:
    with opened(database) as store:
        store.execute("UPDATE line SET quantity = 1")
    before = database.read_bytes()
    with pytest.raises(StoreDamaged, match="no backup was made of it"), opened(database, future):
        pass
    assert database.read_bytes() == before


def test_killed_in_the_middle_it_is_old_or_new(database: Path, future: Path) -> None:
    content = database.read_bytes()
    seen = set()
    for seed in range(12):
        for file in database.parent.glob("sales.db*"):
            file.unlink()
        database.write_bytes(content)
        process = subprocess.Popen([sys.executable, "-c", MIGRATE, str(database), str(future)], cwd=PROJECT)
        journal = database.with_name("sales.db-journal")
        while process.poll() is None and not (journal.exists() and journal.stat().st_size):
            time.sleep(0.005)
        time.sleep(random.Random(seed).random() * 0.6)
        process.kill()
        process.wait()
        seen.add(version(database))
    with opened(database, future) as store:
        assert bought(store) == [(DAY, "A", 200_00)]
    assert PRESENT in seen
    assert version(database) == PRESENT + 1
