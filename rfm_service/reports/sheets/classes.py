"""A table with one row per segment or tier: a colour chip, the title, the numbers; and a row of totals."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.reports.cells import PLAIN, WORDS, Look, Value, fit_height, make_cell
from rfm_service.reports.facts import SegmentStyle

Row = list[Cell | None]


def make_row(sheet: Worksheet, values: Iterable[Value], looks: Iterable[Look]) -> Row:
    """Cells for these values, each with its own look."""
    return [make_cell(sheet, value, look) for value, look in zip(values, looks, strict=True)]


def append_rows(sheet: Worksheet, rows: Iterable[Row]) -> None:
    """Write the sheet's rows, from its first on, each as high as its wrapped texts take."""
    for number, row in enumerate(rows, start=1):
        fit_height(sheet, number, row)
        sheet.append(row)


def class_rows(
    sheet: Worksheet, styles: Sequence[SegmentStyle], numbers: pd.DataFrame, looks: Sequence[Look], total: str
) -> list[Row]:
    """The rows of `numbers`, one per style, and their sums under the title `total`. `looks` are of the columns."""
    title = replace(WORDS, bold=True)
    rows = [
        make_row(sheet, [None, style.title, *values], [PLAIN.chip(style.color), title, *looks])
        for style, values in zip(styles, numbers.itertuples(index=False), strict=True)
    ]
    totals = [look.as_total() for look in (PLAIN, title, *looks)]
    return [*rows, make_row(sheet, [None, total, *numbers.sum().tolist()], totals)]
