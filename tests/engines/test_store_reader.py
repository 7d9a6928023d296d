"""Whatever a query finds, or does not find, its columns have the declared types."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from rfm_service.engines.store_reader import BATCH_ROWS, reading

TYPES = [pa.int64(), pa.string()]

Rows = list[tuple[int | None, str | None]]


def table_of(path: Path, rows: Sequence[tuple[int | None, str | None]], query: str = "SELECT n, s FROM t") -> pa.Table:
    """What is read of a table with these rows, whose columns are `n` and `s`."""
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE t (n INTEGER, s TEXT)")
        store.executemany("INSERT INTO t VALUES (?, ?)", rows)
    with reading(path) as reader:
        return reader.read(query, ["n"], ["s"])


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1, "one")],
        [(None, None)],
        [(None, None), (None, ""), (2, "two")],
        [(None, ""), (None, "")],
        [(0, ""), (-(2**63), "007"), (2**63 - 1, "1e5")],
        [(1, "Ёлки «и» 🐱\n"), (2, "x" * 100_000)],
    ],
    ids=["nothing", "one row", "only NULL", "NULL first", "empty texts", "numbers as texts", "long texts"],
)
def test_rows_arrive_in_the_declared_types(tmp_path: Path, rows: Rows) -> None:
    table = table_of(tmp_path / "a.db", rows)
    assert table.schema.names == ["n", "s"]
    assert table.schema.types == TYPES
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


def test_more_rows_than_one_batch(tmp_path: Path) -> None:
    rows: Rows = [*((number, "") for number in range(BATCH_ROWS)), (-1, "last")]
    table = table_of(tmp_path / "a.db", rows)
    assert (table.num_rows, table.schema.types) == (BATCH_ROWS + 1, TYPES)
    assert table.slice(BATCH_ROWS).to_pylist() == [{"n": -1, "s": "last"}]


def test_a_query_that_finds_nothing(tmp_path: Path) -> None:
    table = table_of(tmp_path / "a.db", [(1, "one")], "SELECT n, s FROM t WHERE n > 1")
    assert (table.num_rows, table.schema.types) == (0, TYPES)


def test_a_store_with_an_odd_path(tmp_path: Path) -> None:
    folder = tmp_path / "Отчёты 100% #1?"
    folder.mkdir()
    assert table_of(folder / "a b.db", [(1, "one")]).num_rows == 1


def test_a_store_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    table_of(path, [(1, "one")])
    with reading(path) as reader, pytest.raises(Exception, match="readonly"):
        reader.read("DELETE FROM t RETURNING n, s", ["n"], ["s"])


def test_a_missing_store_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with pytest.raises(Exception, match="failed to open"), reading(path):
        pass
    assert not path.exists()
