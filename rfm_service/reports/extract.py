"""Tables for other tools: CSV, Parquet and Excel files with money in roubles and days as dates."""

import codecs
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from pyarrow import csv, parquet

from rfm_service.errors import FileUnusable
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, Look, make_cell
from rfm_service.reports.publish import hidden_beside

HALVES = {"fm_score"}
MONEY = {"monetary", "average_order", "two_month_sum"}
ROUBLES, KOPECKS = pa.decimal128(18, 2), pa.decimal128(19, 0)
ROUBLES_OF_A_KOPECK = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
FORMATS = {"date32[day]": cells.DATE, str(ROUBLES): cells.MONEY, "int64": cells.COUNT, "double": "0.0"}


def require_place(output: Path, endings: Collection[str]) -> None:
    """Before the work: that the file's name has one of the endings, and its folder is there. Raises FileUnusable."""
    if output.suffix.lower() not in endings:
        raise FileUnusable("{0}: the name must end in {1}.", str(output), ", ".join(endings))
    if not output.parent.is_dir():
        raise FileUnusable("There is no folder {0}.", str(output.parent))


def write_extract(table: pa.Table, days: Collection[str], output: Path) -> None:
    """Write the table whole, or not at all, as its ending in WRITERS says. `days`: the columns that are day numbers."""
    readable = pa.table({name: _readable(name, table[name], name in days) for name in table.column_names})
    with hidden_beside(output) as hidden:
        WRITERS[output.suffix.lower()](readable, hidden)


def _readable(name: str, column: pa.ChunkedArray, is_day: bool) -> pa.ChunkedArray:
    if is_day:
        return pc.cast(pc.cast(column, pa.int32()), pa.date32())
    if name in MONEY:
        return pc.cast(pc.multiply(pc.cast(column, KOPECKS), ROUBLES_OF_A_KOPECK), ROUBLES)
    if name in HALVES:
        return pc.divide(pc.cast(column, pa.float64()), 2.0)
    return column


def _write_csv(table: pa.Table, path: Path) -> None:
    """With the mark by which Excel knows UTF-8."""
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        csv.write_csv(table, file)


def _write_parquet(table: pa.Table, path: Path) -> None:
    parquet.write_table(table, path)


def _write_xlsx(table: pa.Table, path: Path) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Customers")
    sheet.freeze_panes = "A2"
    sheet.append([make_cell(sheet, name, HEADER) for name in table.column_names])
    looks = [Look(FORMATS.get(str(field.type), cells.TEXT)) for field in table.schema]
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        sheet.append([make_cell(sheet, value, look) for value, look in zip(row, looks, strict=True)])
    workbook.save(path)


WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".xlsx": _write_xlsx}
