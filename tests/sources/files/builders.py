"""Real files of every format, and a look at what a mapping makes of them."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from rfm_service.records import Refused, SaleLine
from rfm_service.settings import Operations
from rfm_service.sources.files.mapping import Mapping, load_mapping
from rfm_service.sources.files.rows import Rows, reader_of
from rfm_service.sources.files.tables import opened_table
from tests.conftest import PROJECT
from tests.store.builders import on

MAPPINGS = PROJECT / "config" / "mappings"
MOSCOW = ZoneInfo("Europe/Moscow")
NEWEST = on("2026-11-20")
PLAIN = """
[columns]
date = "date"
sale_id = "number"
buyer = "customer"
product = "product"
quantity = "quantity"
sum = "sum"
"""
HEAD = "date,number,customer,product,quantity,sum"
LINE = "2026-11-09,1,Anna,tea,2,200"


def mapping(*additions: str, text: str = PLAIN) -> Mapping:
    """The plain mapping with tables added to it; top-level keys come first."""
    top = [own for own in additions if not own.lstrip().startswith("[")]
    return msgspec.toml.decode("\n".join([*top, text, *(own for own in additions if own not in top)]), type=Mapping)


def ready(name: str) -> Mapping:
    """A mapping of those that are shipped."""
    return load_mapping(name, MAPPINGS)


def csv_file(folder: Path, *lines: str, encoding: str = "utf-8", packed: bool = False) -> Path:
    """A text file."""
    content = "".join(f"{line}\r\n" for line in lines).encode(encoding)
    path = folder / ("sales.csv.gz" if packed else "sales.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def workbook(folder: Path, *rows: Sequence[Any], sheet: str = "Sales") -> Path:
    """An Excel workbook."""
    book = Workbook()
    own = book.active
    assert own is not None
    own.title = sheet
    for row in rows:
        own.append(list(row))
    book.save(folder / "sales.xlsx")
    return folder / "sales.xlsx"


def parquet_file(folder: Path, **columns: Sequence[Any]) -> Path:
    """A Parquet file."""
    pq.write_table(pa.table(columns), folder / "sales.parquet")
    return folder / "sales.parquet"


def read(path: Path, how: Mapping, operations: Operations | None = None) -> tuple[list[SaleLine], list[Refused]]:
    """The lines of a file in its order, and what was refused."""
    reader = reader_of(how, operations or Operations(), MOSCOW)
    lines: list[SaleLine] = []
    refused: list[Refused] = []
    with opened_table(path, how.file) as table:
        rows = Rows(how, table.columns, path, MOSCOW, NEWEST)
        wanted = (numbered for numbered in enumerate(table.rows, 1) if rows.wanted(numbered[1]))
        for number, line in wanted:
            day, row = rows.row(line, number)
            answer = reader.sort_out(day, [msgspec.Raw(row)])
            lines += answer.lines
            refused += answer.refused
    return lines, refused


def told(line: SaleLine) -> tuple[str, str, str, str, int, int]:
    """Kind, number, buyer, product, thousandths, kopecks."""
    header = line.header
    return header.kind.name, header.number, header.buyer, line.product, line.quantity, line.amount
