"""Segments against tiers: how many customers, and how much they spent."""

from dataclasses import replace

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NUMBER_HEADER, Look
from rfm_service.reports.facts import Facts
from rfm_service.reports.rollup import cross
from rfm_service.reports.sheets.classes import Row, class_rows, make_row
from rfm_service.reports.tables import ReportTables


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. Returns matrix.customers and matrix.monetary (kopecks)."""
    facts = tables.facts
    customers, monetary = cross(tables, "customers"), cross(tables, "monetary")
    sheet = workbook.create_sheet(language.gettext("Segments and tiers"))
    cells.set_widths(sheet, [3, 26, *[19] * (len(facts.tiers) + 1)])
    cells.set_print(sheet, pages_high=1)
    sheet.sheet_view.showGridLines = False
    height = len(facts.segments) + 4
    _shade(sheet, customers, top=3)
    _shade(sheet, monetary, top=3 + height)
    for row in (
        *_block(sheet, language.gettext("Customers"), customers, Look(cells.COUNT_OR_DASH), facts, language),
        [],
        *_block(sheet, language.gettext("Spent, ₽"), monetary / 100, Look(cells.MONEY_OR_DASH), facts, language),
    ):
        sheet.append(row)
    return {"matrix.customers": int(customers.to_numpy().sum()), "matrix.monetary": int(monetary.to_numpy().sum())}


def _block(
    sheet: Worksheet, title: str, table: pd.DataFrame, look: Look, facts: Facts, language: Language
) -> list[Row]:
    """A heading, the titles of the tiers, a row per segment and the totals."""
    total = language.gettext("Total")
    tiers = [style.title for style in facts.tiers]
    looks = [*[look] * len(tiers), replace(look, bold=True)]
    return [
        make_row(sheet, [title], [HEADING]),
        make_row(
            sheet,
            [None, facts.segment_title, *tiers, total],
            [HEADER, HEADER, *[NUMBER_HEADER] * (len(tiers) + 1)],
        ),
        *class_rows(sheet, facts.segments, table.assign(total=table.sum(axis=1)), looks, total),
    ]


def _shade(sheet: Worksheet, table: pd.DataFrame, top: int) -> None:
    """The larger, the darker: for the body of a table whose first row is `top`."""
    rows, columns = table.shape
    area = f"C{top}:{get_column_letter(columns + 2)}{top + rows - 1}"
    rule = ColorScaleRule("min", start_color="FFFFFF", end_type="max", end_color="8FB8DE")  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(area, rule)
