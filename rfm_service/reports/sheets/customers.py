"""Every customer with a purchase, the largest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, NUMBER_HEADER, WORDS, Look, make_cell, put_text
from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_


@dataclass(frozen=True)
class Column:
    """A column of the sheet: what it shows, its title, its width in characters and its number format."""

    name: str
    title: str
    width: int
    number_format: str


COLUMNS = (
    Column("buyer", N_("Buyer"), 46, cells.TEXT),
    Column("segment", "", 19, cells.TEXT),
    Column("tier", "", 19, cells.TEXT),
    Column("manager", N_("Manager"), 22, cells.TEXT),
    Column("monetary", N_("Spent, ₽"), 17, cells.MONEY),
    Column("frequency", N_("Orders"), 10, cells.COUNT),
    Column("average_order", N_("Average order, ₽"), 15, cells.MONEY),
    Column("recency", N_("Days since the last order"), 13, cells.COUNT),
    Column("last_day", N_("Last order"), 13, cells.DATE),
    Column("first_day", N_("First order of the period"), 13, cells.DATE),
    Column("order_interval", N_("Mean interval, days"), 12, cells.COUNT_OR_DASH),
    Column("email", N_("E-mail"), 30, cells.TEXT),
    Column("category", N_("Category"), 22, cells.TEXT),
)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. Returns customers, monetary (kopecks) and orders."""
    customers = tables.customers.sort_values(["monetary", "buyer"], ascending=[False, True], kind="stable")
    sheet = workbook.create_sheet(language.gettext("Customers"))
    _set_up(sheet, len(customers))
    sheet.append(_header(sheet, tables.facts, language))
    for row in zip(*_columns(sheet, customers, tables.facts), strict=True):
        sheet.append(row)
    return {
        "customers": len(customers),
        "monetary": int(customers["monetary"].sum()),
        "orders": int(customers["frequency"].sum()),
    }


def read_totals(sheet: Worksheet) -> dict[str, int]:
    """What a reader finds on a written sheet: customers, monetary (kopecks) and orders."""
    names = [column.name for column in COLUMNS]
    spent, orders = names.index("monetary"), names.index("frequency")
    rows: list[tuple[Any, ...]] = list(sheet.iter_rows(min_row=2, values_only=True))
    return {
        "customers": len(rows),
        "monetary": sum(round(row[spent] * 100) for row in rows),
        "orders": sum(row[orders] for row in rows),
    }


def _set_up(sheet: Worksheet, customers: int) -> None:
    cells.set_widths(sheet, [column.width for column in COLUMNS])
    cells.set_print(sheet, pages_high=0)
    sheet.print_title_rows = "1:1"
    sheet.freeze_panes = "B2"
    sheet.row_dimensions[1].height = 42
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{customers + 1}"


def _header(sheet: Worksheet, facts: Facts, language: Language) -> list[Cell]:
    titles = {"segment": facts.segment_title, "tier": facts.tier_title}
    return [
        make_cell(
            sheet,
            titles.get(column.name) or language.gettext(column.title),
            HEADER if column.number_format == cells.TEXT else NUMBER_HEADER,
        )
        for column in COLUMNS
    ]


def _columns(sheet: Worksheet, customers: pd.DataFrame, facts: Facts) -> list[Iterator[Cell]]:
    """Each column's cells from top to bottom.

    A column fills the same cell again and again: openpyxl writes a row before it asks for the next, and new cells
    for 100,000 customers would take twice the time.
    """
    styles = {"segment": facts.segments, "tier": facts.tiers}
    return [
        _chips(sheet, customers[column.name], styles[column.name])
        if column.name in styles
        else _values(make_cell(sheet, None, _look(column)), customers[column.name])
        for column in COLUMNS
    ]


def _chips(sheet: Worksheet, keys: pd.Series, styles: list[SegmentStyle]) -> Iterator[Cell]:
    chips = {style.key: make_cell(sheet, style.title, WORDS.chip(style.color)) for style in styles}
    return (chips[key] for key in keys)


def _look(column: Column) -> Look:
    return WORDS if column.number_format == cells.TEXT else Look(column.number_format)


def _values(cell: Cell, values: pd.Series) -> Iterator[Cell]:
    if cell.number_format == cells.TEXT:
        return _texts(cell, values)
    if cell.number_format == cells.MONEY:
        return _numbers(cell, values / 100)
    if cell.number_format == cells.DATE:
        return _numbers(cell, values + cells.EXCEL_DAY_ZERO)
    return _numbers(cell, values)


def _texts(cell: Cell, values: pd.Series) -> Iterator[Cell]:
    for value in values.fillna(""):
        put_text(cell, value)
        yield cell


def _numbers(cell: Cell, values: pd.Series) -> Iterator[Cell]:
    for value in values.tolist():
        cell.value = value
        yield cell
