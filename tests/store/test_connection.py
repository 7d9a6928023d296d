"""A store is created, migrated, or refused and left alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rfm_service.errors import ConfigurationError, StoreDamaged
from rfm_service.store.connection import opened, transaction
from rfm_service.store.schema import MIGRATIONS, mark_version

from .builders import answer, bought, on, sale, write

DAY = on("2026-11-09")
NEWEST = len(list(MIGRATIONS.glob("*.sql")))


def tables(store: sqlite3.Connection) -> set[str]:
    return {name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_new_store_is_created_with_its_folder(tmp_path: Path) -> None:
    with opened(tmp_path / "db" / "sales.db") as store:
        assert tables(store) >= {"line", "document", "orders", "ledger", "run", "step", "outbox", "spool"}
        assert store.execute("PRAGMA user_version").fetchone() == (NEWEST,)


def test_a_store_opened_twice_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "sales.db"
    with opened(path) as store:
        write(store, answer(DAY, sale(DAY)))
    content = path.read_bytes()
    with opened(path) as store:
        assert bought(store) == [(DAY, "A", 200_00)]
    assert path.read_bytes() == content


def test_it_is_closed_afterwards(tmp_path: Path) -> None:
    with opened(tmp_path / "sales.db") as store:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        store.execute("SELECT 1")


def test_it_is_durable_and_strict(tmp_path: Path) -> None:
    with opened(tmp_path / "sales.db") as store:
        said = {name: store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert said == {"journal_mode": "truncate", "synchronous": 2}  # 2: FULL
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("INSERT INTO document VALUES (1, 1, 1, '1', '1', NULL, '', -1, '', '', 0, 7, 7, 7, '', 7)")
        with pytest.raises(sqlite3.IntegrityError):
            store.execute("INSERT INTO ledger VALUES (1, 1, 'many', 0, '', '', '', '', '', '')")


def test_a_store_of_a_newer_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "sales.db"
    with opened(path) as store:
        mark_version(store, NEWEST + 1)
    content = path.read_bytes()
    with pytest.raises(ConfigurationError, match="newer version"), opened(path):
        pass
    assert path.read_bytes() == content


@pytest.mark.parametrize("text", ["not a database", "not a database\n" * 1000], ids=["short", "long"])
def test_a_text_file_is_refused_and_not_touched(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sales.db"
    path.write_text(text)
    with pytest.raises(StoreDamaged, match="not a sound database"), opened(path):
        pass
    assert path.read_text() == text


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "sales.db").touch()
    with opened(tmp_path / "sales.db") as store:
        assert "line" in tables(store)


def test_a_migration_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path)) as stranger:
        stranger.execute("CREATE TABLE outbox (message_id INTEGER)")  # in the way of the migration
    with pytest.raises(sqlite3.OperationalError, match="outbox"), opened(path):
        pass
    with closing(sqlite3.connect(path)) as stranger:
        assert tables(stranger) == {"outbox"}
        assert stranger.execute("PRAGMA user_version").fetchone() == (0,)


# Transactions


def test_a_transaction_is_all_or_nothing(store: sqlite3.Connection) -> None:
    with pytest.raises(KeyboardInterrupt), transaction(store):
        store.execute("INSERT INTO customer (key, name) VALUES ('Anna', 'Anna')")
        raise KeyboardInterrupt
    assert store.execute("SELECT count(*) FROM customer").fetchone() == (0,)
    with transaction(store):
        store.execute("INSERT INTO customer (key, name) VALUES ('Anna', 'Anna')")
    assert store.execute("SELECT count(*) FROM customer").fetchone() == (1,)
    assert not store.in_transaction


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    with opened(tmp_path / "sales.db") as first, opened(tmp_path / "sales.db") as second:
        second.execute("PRAGMA busy_timeout = 0")
        with transaction(first), pytest.raises(sqlite3.OperationalError, match="locked"), transaction(second):
            pass
        with transaction(second):
            second.execute("INSERT INTO customer (key, name) VALUES ('Anna', 'Anna')")
