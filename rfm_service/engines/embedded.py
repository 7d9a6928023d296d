"""DuckDB inside the worker process. What does not fit its memory goes to disk."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import pyarrow as pa

from rfm_service.engines import Rows
from rfm_service.errors import EngineFull, FileUnusable, FolderUnusable

BATCH_ROWS = 1 << 16
SMALL = 4 << 20
"""Bytes. A larger table is copied into DuckDB, which can put it on disk; memory of Arrow it can only read."""


class Embedded:
    """Implements `engines.Engine`."""

    def __init__(self, spill: Path | None = None, memory_mib: int | None = None) -> None:
        """spill: a folder for what does not fit into this much memory. What is not given is DuckDB's own choice."""
        self._spill, self._memory_mib = spill, memory_mib
        config: dict[str, str | int | bool | float | list[str]] = {"threads": 2, "autoinstall_known_extensions": False}
        if spill:
            config["temp_directory"] = str(spill)
        if memory_mib:
            config["memory_limit"] = f"{memory_mib}MiB"
        self._duckdb = duckdb.connect(":memory:", config=config)
        self._duckdb.execute("SET enable_progress_bar = false")  # it would draw into the service's output
        self._numbers = count()
        self._kept: dict[str, str] = {}

    def make_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known to the models that follow."""
        if table.nbytes < SMALL:
            self._forget(name)
            self._duckdb.register(name, table)
        else:
            self._keep(name, self._duckdb.from_arrow(table))

    def read_files(self, name: str, place: str, select: str) -> None:
        """Make known the rows of Parquet files, as a query of the table `lake` shows them. Raises FileUnusable."""
        files = f"{place}/**/*.parquet" if Path(place).is_dir() else place
        try:
            self._duckdb.read_parquet(files, hive_partitioning=True).create_view("lake")
            self._duckdb.sql(select).create_view(name)
        except duckdb.Error as error:
            raise FileUnusable("{0} cannot be read as Parquet: {1}", place, _told(error)) from None

    def derive(self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, view: bool = False) -> None:
        """Make the rows of a SELECT known to the models that follow."""
        if view:
            self._asked(sql, parameters).create_view(name)
        else:
            self._keep(name, self._asked(sql, parameters))

    def derive_in_order(
        self, name: str, sql: str, together: Sequence[str], order: Sequence[str], rows: Rows, integers: Sequence[str]
    ) -> None:
        """Make known what `rows` makes of the sorted rows of a SELECT."""
        sorted_rows = self._asked(sql).order(", ".join((*together, *order))).to_arrow_reader(BATCH_ROWS)
        columns = pa.schema([(name, pa.int64()) for name in integers])
        self.make_table(name, pa.Table.from_batches(rows(sorted_rows), columns))

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """The rows of a SELECT; `:name` in the text is the parameter `name`."""
        with self._room():
            return self._asked(sql, parameters).to_arrow_table()

    def write_files(self, name: str, folder: str) -> None:
        """Write a table that is known as Parquet files of a new folder. Raises FolderUnusable."""
        try:
            Path(folder).mkdir(parents=True)
            self._duckdb.table(name).write_parquet(f"{folder}/part-0.parquet")
        except (OSError, duckdb.Error) as error:
            raise FolderUnusable("Cannot write into {0}: {1}", folder, _told(error)) from None

    def another(self) -> "Embedded":
        """An engine that knows no tables."""
        spill = Path(mkdtemp(dir=self._spill)) if self._spill else None
        return Embedded(spill, self._memory_mib)

    def close(self) -> None:
        """Forget every table, on disk too."""
        self._duckdb.close()

    def _keep(self, name: str, rows: duckdb.DuckDBPyRelation) -> None:
        """In a table of its own behind the name: the rows may be made of what has that name now."""
        table = f"kept_{next(self._numbers)}"
        with self._room():
            rows.create(table)
        self._forget(name)
        self._duckdb.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {table}")
        self._kept[name] = table

    def _forget(self, name: str) -> None:
        if table := self._kept.pop(name, ""):
            self._duckdb.execute(f"DROP VIEW {name}; DROP TABLE {table}")

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise EngineFull(
                "The tables need more than the {0} MiB of engine.memory_mib and the disk hold: {1}.",
                self._memory_mib or "?",
                _told(error),
            ) from error

    def _asked(self, sql: str, parameters: Mapping[str, int] | None = None) -> duckdb.DuckDBPyRelation:
        text = re.sub(r"(?<!:):([a-z_]+)", r"$\1", _without_comments(sql))
        named = set(re.findall(r"\$([a-z_]+)", text))
        given = {name: value for name, value in (parameters or {}).items() if name in named}
        return self._duckdb.sql(text, params=given)


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)


def _told(error: Exception) -> str:
    return str(error).partition("\n")[0]
