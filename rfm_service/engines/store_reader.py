"""Reads the store into Arrow through ADBC.

Only in processes that never open the file with sqlite3: ADBC carries a SQLite of its own, and closing one library's
connection drops the other's POSIX locks.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import adbc_driver_manager
import adbc_driver_sqlite
import pyarrow as pa

BATCH_ROWS = 1 << 16


class StoreReader:
    """An open store."""

    def __init__(self, connection: adbc_driver_manager.AdbcConnection) -> None:
        self._connection = connection

    def read(self, query: str, integers: Sequence[str], texts: Sequence[str]) -> pa.Table:
        """The rows of a query. Its columns are declared, because ADBC cannot tell the types of an empty result."""
        return pa.Table.from_batches(self.batches(query, integers, texts), _schema(integers, texts))

    def batches(self, query: str, integers: Sequence[str], texts: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a query, so many at a time."""
        columns = _schema(integers, texts)
        with adbc_driver_manager.AdbcStatement(self._connection) as statement:
            statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
            statement.set_sql_query(query)
            stream, _ = statement.execute_query()
            for batch in pa.RecordBatchReader._import_from_c(stream.address):
                yield batch.cast(columns)


def _schema(integers: Sequence[str], texts: Sequence[str]) -> pa.Schema:
    return pa.schema([*((name, pa.int64()) for name in integers), *((name, pa.string()) for name in texts)])


@contextmanager
def reading(path: Path) -> Iterator[StoreReader]:
    """The store at `path`, read-only."""
    uri = f"file:{quote(path.as_posix())}?mode=ro"
    with (
        adbc_driver_manager.AdbcDatabase(driver=adbc_driver_sqlite._driver_path(), uri=uri) as database,
        adbc_driver_manager.AdbcConnection(database) as connection,
    ):
        yield StoreReader(connection)
