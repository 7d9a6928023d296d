"""Customers by the month of their first purchase. No sheet before a month is closed."""

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NUMBER_HEADER, Look, Value, make_cell
from rfm_service.reports.closed_months import by_age, cohort_sizes, states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.sheets.classes import Row, append_rows, make_row
from rfm_service.reports.sheets.segment_months import MONTH, month_value
from rfm_service.reports.tables import ReportTables

MOST = 24  # cohorts
COUNT = Look(cells.COUNT)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet: who came back, what they bought, where they are now. It shows no total of another place."""
    sizes = cohort_sizes(tables, MOST)
    if sizes.empty:
        return {}
    buyers, monetary = (by_age(tables, measure, MOST) for measure in ("buyers", "monetary"))
    states = [style for style in states_of(tables, language) if style.key]
    sheet = workbook.create_sheet(language.gettext("Cohorts"))
    _set_up(sheet, buyers.shape, len(states))
    share, roubles = Look(cells.SHARE), Look(cells.ROUBLES)
    by_month = {
        language.gettext("Bought again, share of the cohort, by months since the first purchase"): (
            buyers.div(sizes, axis=0), share,
        ),
        language.gettext("Revenue, ₽, by months since the first purchase"): (monetary / 100, roubles),
        language.gettext("Revenue per customer since the first purchase, ₽"): (
            monetary.cumsum(axis=1, skipna=False).div(sizes, axis=0) / 100, roubles,
        ),
    }  # fmt: skip
    rows: list[Row] = []
    for title, (table, look) in by_month.items():
        rows += _block(sheet, title, table, sizes, [str(age) for age in table.columns], look, language)
    append_rows(sheet, [*rows, *_by_segment(sheet, tables, sizes, states, language)])
    sheet.row_breaks.append(Break(id=len(rows)))
    return {}


def _set_up(sheet: Worksheet, shape: tuple[int, int], states: int) -> None:
    """`shape`: of the tables by month, rows and columns."""
    cohorts, ages = shape
    cells.set_widths(sheet, [14, 12, *[16] * states, *[12] * max(0, ages - states)])
    cells.set_print(sheet, pages_high=0)
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "C1"
    if ages > 1:  # the first column is the first month: always everybody
        area = f"D3:{get_column_letter(ages + 2)}{cohorts + 2}"
        rule = ColorScaleRule("num", 0, start_color="FFFFFF", end_type="max", end_color="8FB8DE")  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(area, rule)


def _block(
    sheet: Worksheet,
    title: str,
    table: pd.DataFrame,
    sizes: pd.Series,
    titles: list[str],
    look: Look,
    language: Language,
) -> list[Row]:
    """A heading, the titles of the columns, a row per cohort, an empty row."""
    header = [language.gettext("First purchase"), language.gettext("Customers"), *titles]
    looks = [MONTH, COUNT, *[look] * len(titles)]
    return [
        [make_cell(sheet, title, HEADING)],
        make_row(sheet, header, [HEADER, *[NUMBER_HEADER] * (len(titles) + 1)]),
        *(
            make_row(sheet, [month_value(int(str(cohort))), int(size), *_values(row)], looks)
            for (cohort, row), size in zip(table.iterrows(), sizes, strict=True)
        ),
        [],
    ]


def _by_segment(
    sheet: Worksheet, tables: ReportTables, sizes: pd.Series, states: list[SegmentStyle], language: Language
) -> list[Row]:
    """In which segments the cohorts were when the last month closed, and what they bought inside the horizon."""
    if tables.cohort_segments.empty:
        return []
    blocks = {
        "customers": (language.gettext("Customers by segment at the end of the last closed month"), 1),
        "monetary": (language.gettext("Their purchases inside the horizon, ₽"), 100),
    }
    rows: list[Row] = []
    for measure, (title, unit) in blocks.items():
        table = tables.cohort_segments.pivot_table(
            index="cohort", columns="segment", values=measure, aggfunc="sum", fill_value=0
        ).reindex(index=sizes.index, columns=[style.key for style in states], fill_value=0)
        look, names = Look(cells.COUNT_OR_DASH), [style.title for style in states]
        rows += _block(sheet, title, table / unit, sizes, names, look, language)
    return rows


def _values(row: pd.Series) -> list[Value]:
    """Figures, and nothing in the months to come."""
    return [None if pd.isna(value) else float(value) for value in row]
