"""Store → files for other programs: lines and orders by month, measures and segments of one day."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import csv, parquet

from rfm_service.analysis.classifying import classify_store
from rfm_service.clock import Horizon, date_of, day_of, first_day_of_month, month_of
from rfm_service.disk import flush
from rfm_service.engines.opening import embedded
from rfm_service.engines.store_reader import reading
from rfm_service.errors import FolderUnusable
from rfm_service.home import Home
from rfm_service.receipts import ExportReceipt
from rfm_service.reports.places import LocalPlace
from rfm_service.reports.publish import take_place
from rfm_service.segmentation.schemes import load_schemes
from rfm_service.store.exports import export_tables

ABOUT = "about.json"
"""Stands in every export, and tells it from a folder of somebody else's."""

WRITERS: dict[str, Callable[[str, pa.Schema], Any]] = {"parquet": parquet.ParquetWriter, "csv": csv.CSVWriter}
DATES = {"day", "first_day", "last_day"}

Report = Callable[[int, int], None]


class About(msgspec.Struct, frozen=True):
    """What an export holds: rows by table; the window and the schemes of `metrics` and `segments`."""

    reference_date: str
    horizon_days: int
    schemes: list[str]
    rows: dict[str, int]


def export(home: Home, folder: Path, horizon: Horizon, days: range, form: str, report: Report) -> ExportReceipt:
    """Make `folder` hold an export, in the place of an earlier one. `days` are those with lines.

    Written under a hidden name beside it; the folder gets its name in one step. Raises FolderUnusable.
    """
    _require_free(folder)
    hidden, replaced = f".{folder.name}.part", f".{folder.name}.old"
    try:
        place = LocalPlace(folder.parent)
        for leftover in place.names() & {hidden, replaced}:
            place.remove(leftover)
        place.make(hidden)
        rows = _write(home, folder.parent / hidden, horizon, days, form, report)
        take_place(place, hidden, folder.name, replaced if folder.exists() else "")
    except OSError as error:
        raise FolderUnusable(
            "Cannot export into {0}: {1}. What stood there is as it was.", str(folder), error.strerror or str(error)
        ) from None
    return ExportReceipt(rows)


def _require_free(folder: Path) -> None:
    if folder.exists() and not (folder / ABOUT).is_file():
        raise FolderUnusable(
            "{0} is there already, and no export of ours: it would be replaced whole. Name a new folder.", str(folder)
        )


def _write(home: Home, folder: Path, horizon: Horizon, days: range, form: str, report: Report) -> dict[str, int]:
    rows = {"lines": 0, "orders": 0, **_write_customers(home, folder, horizon, form)}
    months = range(month_of(days[0]), month_of(days[-1]) + 1)
    with reading(home.database) as store:
        for done, month in enumerate(months):
            report(done, len(months))
            first, last = day_of(first_day_of_month(month)), day_of(first_day_of_month(month + 1)) - 1
            part = f"year={month // 12}/month={month % 12 + 1:02}"
            for table in export_tables(first, last):
                batches = store.batches(table.query, table.integers, table.texts)
                rows[table.name] += _write_table(folder / table.name / part, batches, form)
    schemes = load_schemes(home.schemes, home.settings.segmentation)
    about = About(date_of(horizon.reference_day).isoformat(), horizon.length, [scheme.name for scheme in schemes], rows)
    (folder / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)))
    for path in folder.rglob("*"):
        flush(path)
    return rows


def _write_customers(home: Home, folder: Path, horizon: Horizon, form: str) -> dict[str, int]:
    """Measures and segments, as a night of the reference day would have them."""
    with embedded(home.settings.engine, home.spill) as engine:
        customers, columns = classify_store(engine, home, horizon)
    segments = customers.select(["customer_id", "buyer", *columns])
    for name, fitted in columns.items():
        told = {segment.key: segment.title.told(home.settings.language) for segment in fitted.scheme.segments}
        titles = pa.array([told[key] for key in customers[name].to_pylist()], pa.string())
        segments = segments.append_column(f"{name}_title", titles)
    tables = {"metrics": customers.drop_columns(list(columns)), "segments": segments}
    return {name: _write_table(folder / name, table.to_batches(), form) for name, table in tables.items()}


def _write_table(folder: Path, batches: Iterable[pa.RecordBatch], form: str) -> int:
    """Write the rows as one file of a folder, batch by batch; nothing where there are none. How many there were."""
    rows, writer = 0, None
    try:
        for batch in batches:
            if not batch.num_rows:
                continue
            dated = _dated(batch)
            if writer is None:
                folder.mkdir(parents=True)
                writer = WRITERS[form](str(folder / f"part-0.{form}"), dated.schema)
            writer.write_batch(dated)
            rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    return rows


def _dated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Day numbers as dates: what a date of Arrow is, too."""
    columns = {
        name: column.cast(pa.int32()).cast(pa.date32()) if name in DATES else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return pa.record_batch(columns)
