"""Parquet, batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute, parquet

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import Table
from rfm_service.sources.files.mapping import FileForm

BATCH_ROWS = 1 << 14


@contextmanager
def opened(path: Path, form: FileForm) -> Iterator[Table]:
    """The table in a Parquet file. It carries its names and encoding itself."""
    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise _broken(path, error) from None
    with file:
        total, done = max(file.metadata.num_rows, 1), 0

        def rows() -> Iterator[Sequence[Any]]:
            nonlocal done
            try:
                for batch in file.iter_batches(BATCH_ROWS):
                    yield from zip(*(_cells(column) for column in batch.columns), strict=True)
                    done += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                raise _broken(path, error) from None

        yield Table(form, file.schema_arrow.names, filter(any, rows()), lambda: done / total)


def _cells(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type):  # nanoseconds would come as values of pandas
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_floating(column.type):
        column = compute.if_else(compute.is_nan(column), pa.scalar(None, column.type), column)
    cells: list[Any] = column.to_pylist()
    return [str(cell) for cell in cells] if pa.types.is_nested(column.type) else cells


def _broken(path: Path, error: Exception) -> FileUnusable:
    return FileUnusable(
        "{0} is no sound Parquet file ({1}). Copy or export it again. Nothing was imported.",
        path.name,
        str(error)[:200],
    )
