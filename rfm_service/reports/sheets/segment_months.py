"""The segments month by month. No sheet before a month is closed."""

from dataclasses import replace

import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.clock import day_of, first_day_of_month
from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NUMBER_HEADER, Look, Value, make_cell
from rfm_service.reports.closed_months import revenue_per_customer, segments_by_month, states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.sheets.classes import Row, append_rows, make_row
from rfm_service.reports.tables import ReportTables

FEW = 15  # months of which three blocks go on one page
MONTH = Look(cells.MONTH, align="left", indent=1)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet: customers, shares, revenue per customer; the newest month first. No total of another place."""
    states = [style for style in states_of(tables, language) if style.key]
    customers = segments_by_month(tables, "customers", states).iloc[::-1]
    if customers.empty:
        return {}
    monetary = segments_by_month(tables, "monetary", states).iloc[::-1]
    sums, revenue = customers.sum(axis=1), monetary.sum(axis=1)
    sheet = workbook.create_sheet(language.gettext("Segments by month"))
    cells.set_widths(sheet, [14, *[17] * (len(states) + 1)])
    cells.set_print(sheet, pages_high=0)
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "B1"
    blocks = {
        language.gettext("Customers at the end of the month"): (customers.assign(total=sums), cells.COUNT_OR_DASH),
        language.gettext("Share of customers"): (
            customers.div(sums.where(sums > 0), axis=0).assign(total=1),
            cells.SHARE_OR_DASH,
        ),
        language.gettext("Revenue of the month per customer of the segment, ₽"): (
            revenue_per_customer(monetary.assign(total=revenue), customers.assign(total=sums)) / 100,
            cells.MONEY_OR_DASH,
        ),
    }
    corrected = _corrected(tables.revisions, states)
    if not corrected.empty:
        title = language.gettext(
            "Corrected since it was published: more or fewer customers; on the right, how many moved"
        )
        blocks[title] = corrected, cells.COUNT_CHANGE
    rows: list[Row] = []
    for title, (table, number_format) in blocks.items():
        rows += _block(sheet, title, table, states, Look(number_format), language)
    append_rows(sheet, rows)
    if len(customers) > FEW:
        sheet.row_breaks.append(Break(id=2 * len(rows) // len(blocks)))
    return {}


def _corrected(revisions: pd.DataFrame, states: list[SegmentStyle]) -> pd.DataFrame:
    """By month, the newest first: how many more are in each segment than its report said; total: who is elsewhere."""
    moved = revisions[revisions["published"] != revisions["corrected"]]
    keys = [style.key for style in states]
    found, said = (
        moved.pivot_table(index="month", columns=column, values="customers", aggfunc="sum", fill_value=0).reindex(
            columns=keys, fill_value=0
        )
        for column in ("corrected", "published")
    )
    return (found - said).assign(total=moved.groupby("month")["customers"].sum()).iloc[::-1]


def _block(
    sheet: Worksheet, title: str, table: pd.DataFrame, states: list[SegmentStyle], look: Look, language: Language
) -> list[Row]:
    """A heading, the segments in their colours, a row per month, an empty row; the last column is of all customers."""
    chips = [replace(NUMBER_HEADER, line="").chip(style.color) for style in states]
    titles = [language.gettext("Month"), *(style.title for style in states), language.gettext("All")]
    looks = [MONTH, *[look] * len(states), replace(look, bold=True)]
    return [
        [make_cell(sheet, title, HEADING)],
        make_row(sheet, titles, [replace(HEADER, line=""), *chips, replace(NUMBER_HEADER, line="")]),
        *(make_row(sheet, [month_value(int(str(month))), *_values(row)], looks) for month, row in table.iterrows()),
        [],
    ]


def month_value(month: int) -> int:
    """A month as Excel keeps it: its first day."""
    return day_of(first_day_of_month(month)) + cells.EXCEL_DAY_ZERO


def _values(row: pd.Series) -> list[Value]:
    """Figures, and nothing where there is none."""
    return [None if pd.isna(value) else float(value) for value in row]
