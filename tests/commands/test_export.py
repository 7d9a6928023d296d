"""`export`: files that other programs read, with the same totals as the store, there whole or not at all."""

import os
import signal
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from rfm_service.home import Home
from rfm_service.store.connection import opened
from tests.commands.program import REFERENCE_DATE, run, start

SALES = ("backfill", "--from", "2026-09-01", "--to", "2026-11-19")
EXPORT = ("export", "--date", REFERENCE_DATE)


@pytest.fixture
def known(home: Home) -> Home:
    """A home that knows eleven weeks."""
    assert run(home, *SALES)[0] == 0
    return home


def stored(home: Home, query: str) -> tuple[object, ...]:
    with opened(home.database) as store:
        row: tuple[object, ...] = store.execute(query).fetchone()
    return row


def exported(folder: Path, table: str, columns: str, form: str = "parquet") -> list[tuple[object, ...]]:
    """What another program reads, with the folders' names as columns."""
    files = f"{folder}/{table}/**/*.{form}"
    with duckdb.connect() as other:
        return other.sql(f"SELECT {columns} FROM read_{form}('{files}', hive_partitioning = true)").fetchall()


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_totals_are_those_of_the_store(known: Home, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "out"
    code, output, errors = run(known, *EXPORT, str(folder), "--format", form)
    assert (code, errors) == (0, "")
    assert output.endswith(f"Written into {folder}.\n")
    totals = "count(*), sum(amount)"
    assert exported(folder, "lines", totals, form) == [stored(known, f"SELECT {totals} FROM line")]
    assert exported(folder, "lines", "max(product), max(product_category)", form) == [
        stored(known, "SELECT max(name), max(product_category) FROM product")
    ]
    assert exported(folder, "orders", totals, form) == [stored(known, f"SELECT {totals} FROM orders")]
    ((customers, monetary),) = exported(folder, "metrics", "count(*), sum(monetary)", form)
    assert (customers, monetary) == stored(
        known, "SELECT count(DISTINCT customer_id), sum(amount) FROM orders WHERE purchase = 1"
    )
    assert exported(folder, "segments", "count(DISTINCT customer_id)", form) == [(customers,)]


def test_months_are_folders_and_days_are_dates(known: Home, tmp_path: Path) -> None:
    run(known, *EXPORT, str(tmp_path / "out"))
    folders = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").glob("lines/*/*"))
    assert folders == [f"lines/year=2026/month={month:02}" for month in (9, 10, 11)]
    span = "min(day), max(day), bool_and(month(day) = month AND year(day) = year)"
    assert exported(tmp_path / "out", "lines", span) == [(date(2026, 9, 1), date(2026, 11, 19), True)]


def test_a_later_export_takes_the_place_of_the_earlier_whole(known: Home, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(known, *EXPORT, str(folder))
    run(known, *EXPORT, str(folder), "--format", "csv")
    assert {path.suffix for path in folder.rglob("*.*") if path.is_file()} == {".csv", ".json"}
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


def test_a_folder_of_somebody_else_is_left_alone(known: Home, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "thesis.txt").write_text("years of work")
    code, _, errors = run(known, *EXPORT, str(tmp_path / "docs"))
    assert (code, errors) == (
        1,
        f"{tmp_path}/docs is there already, and no export of ours: it would be replaced whole. Name a new folder.\n",
    )
    assert (tmp_path / "docs" / "thesis.txt").read_text() == "years of work"


def test_nothing_to_export(home: Home, tmp_path: Path) -> None:
    code, _, errors = run(home, *EXPORT, str(tmp_path / "out"))
    assert code == 1
    assert errors.startswith(f"Nothing is known yet in {home.path}.")


@pytest.mark.parametrize("moment", [1.0, 2.0, 3.0])
def test_a_killed_export_leaves_the_earlier_one(known: Home, tmp_path: Path, moment: float) -> None:
    folder = tmp_path / "out"
    run(known, *EXPORT, str(folder))
    before = {path: path.read_bytes() for path in folder.rglob("*.parquet")}
    process = start(known, *EXPORT, str(folder))
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert {path: path.read_bytes() for path in folder.rglob("*.parquet")} == before
    assert run(known, *EXPORT, str(folder))[0] == 0
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


def test_a_night_of_the_future_is_not_exported(known: Home, tmp_path: Path) -> None:
    code, _, errors = run(known, "export", str(tmp_path / "out"), "--date", "2099-01-01")
    assert (code, "today is" in errors) == (2, True)
