"""A table with one row per customer: under a frozen header that filters, each column with its own kind of cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NOTE, NUMBER_HEADER, WORDS, Look, make_cell, put_text
from rfm_service.reports.facts import Facts, SegmentStyle

HEADER_HEIGHT = 42
STORED = {cells.MONEY: 100, cells.MONEY_OR_DASH: 100, cells.ROUBLES: 100, cells.PER_CENT: 1000}
"""How many stored units are one shown unit."""
SEGMENTS, TIERS = {"segment", "fall_segment", "better_segment"}, {"tier"}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: what it shows, its title ("": the scheme's), its width in characters, its number format.

    `nothing`: what stands for a segment that is none.
    """

    name: str
    title: str
    width: int
    number_format: str
    nothing: str = ""
    wrap: bool = False


def write_listing(
    workbook: Workbook,
    title: str,
    columns: Sequence[Column],
    rows: pd.DataFrame,
    facts: Facts,
    language: Language,
    *,
    above: Sequence[str] = (),
    row_height: int = 0,
    printed: int = 0,
) -> Worksheet:
    """A sheet with these rows. `above`: a heading and notes over the table; `printed`: only so many columns are."""
    sheet: Worksheet = workbook.create_sheet(title)
    _set_up(sheet, columns, len(rows), len(above), row_height, printed)
    for number, text in enumerate(above):
        sheet.append([make_cell(sheet, text, replace(NOTE, indent=0) if number else HEADING)])
    sheet.append(_header(sheet, columns, facts, language))
    for row in zip(*_cells(sheet, columns, rows, facts, language), strict=True):
        sheet.append(row)
    return sheet


def _set_up(sheet: Worksheet, columns: Sequence[Column], rows: int, above: int, row_height: int, printed: int) -> None:
    header = above + 1
    cells.set_widths(sheet, [column.width for column in columns])
    cells.set_print(sheet, pages_high=0)
    sheet.print_title_rows = f"{header}:{header}"
    sheet.freeze_panes = f"B{header + 1}"
    sheet.row_dimensions[header].height = HEADER_HEIGHT
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(columns))}{header + rows}"
    if printed:
        sheet.print_area = f"A1:{get_column_letter(printed)}{header + rows}"
    if row_height:
        for number in range(header + 1, header + rows + 1):
            sheet.row_dimensions[number].height = row_height


def _header(sheet: Worksheet, columns: Sequence[Column], facts: Facts, language: Language) -> list[Cell]:
    titles = {"segment": facts.segment_title, "tier": facts.tier_title}
    return [
        make_cell(
            sheet,
            language.gettext(column.title) if column.title else titles[column.name],
            HEADER if column.number_format == cells.TEXT else NUMBER_HEADER,
        )
        for column in columns
    ]


def _cells(
    sheet: Worksheet, columns: Sequence[Column], rows: pd.DataFrame, facts: Facts, language: Language
) -> list[Iterator[Cell]]:
    """Each column's cells from top to bottom.

    A column fills the same cell again and again: openpyxl writes a row before it asks for the next, and new cells
    for 100,000 customers would take twice the time.
    """
    return [
        _chips(sheet, rows[column.name], styles, language.gettext(column.nothing) if column.nothing else "")
        if (styles := _styles(column, facts))
        else _values(make_cell(sheet, None, _look(column)), column.number_format, rows[column.name])
        for column in columns
    ]


def _styles(column: Column, facts: Facts) -> list[SegmentStyle]:
    if column.name in SEGMENTS:
        return facts.segments
    others = {other.column: other.segments for other in facts.others}
    return facts.tiers if column.name in TIERS else others.get(column.name, [])


def _chips(sheet: Worksheet, keys: pd.Series, styles: list[SegmentStyle], nothing: str) -> Iterator[Cell]:
    chips = {style.key: make_cell(sheet, style.title, WORDS.chip(style.color)) for style in styles}
    chips.setdefault("", make_cell(sheet, nothing, WORDS))
    return (chips[key] for key in keys)


def _look(column: Column) -> Look:
    return replace(WORDS, wrap=column.wrap) if column.number_format == cells.TEXT else Look(column.number_format)


def _values(cell: Cell, number_format: str, values: pd.Series) -> Iterator[Cell]:
    if number_format == cells.TEXT:
        return _texts(cell, values)
    if number_format == cells.DATE:
        return _numbers(cell, [day + cells.EXCEL_DAY_ZERO if day >= 0 else None for day in values.tolist()])
    units = STORED.get(number_format)
    return _numbers(cell, (values / units if units else values).tolist())


def _texts(cell: Cell, values: pd.Series) -> Iterator[Cell]:
    for value in values.fillna(""):
        put_text(cell, value)
        yield cell


def _numbers(cell: Cell, values: Sequence[float | None]) -> Iterator[Cell]:
    for value in values:
        cell.value = value
        yield cell
