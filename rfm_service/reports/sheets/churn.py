"""Who falls silent, month by month, and what is known of it. No sheet before a month is closed."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NOTE, NUMBER_HEADER, PLAIN, WORDS, Look, Value, make_cell
from rfm_service.reports.closed_months import churn_by_month
from rfm_service.reports.facts import Facts
from rfm_service.reports.palette import MUTED
from rfm_service.reports.sheets.classes import Row, append_rows, make_row
from rfm_service.reports.sheets.segment_months import MONTH, month_value
from rfm_service.reports.tables import ReportTables

WIDTHS = (3, 24, 15, 15, 15, 15, 15, 15, 21, 21, 21)
COUNT, MONEY, SHARE = Look(cells.COUNT_OR_DASH), Look(cells.MONEY_OR_DASH), Look(cells.SHARE)


class Texts(NamedTuple):
    """What is said of preferences of one sort; `name` is the title of what is preferred."""

    heading: str
    note: str
    name: str


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet: the months, the days before, what each segment prefers. It shows no total of another place."""
    if tables.churn_months.empty:
        return {}
    sheet = workbook.create_sheet(language.gettext("Churn"))
    cells.set_widths(sheet, WIDTHS)
    cells.set_print(sheet, pages_high=0)
    sheet.sheet_view.showGridLines = False
    rows = [
        *_months(sheet, churn_by_month(tables).iloc[::-1], language),
        *_before(sheet, tables.before_churn, language),
    ]
    for block in _preferences(sheet, tables, language):
        sheet.row_breaks.append(Break(id=len(rows) + 1))
        rows += block
    append_rows(sheet, rows)
    return {}


def _months(sheet: Worksheet, churn: pd.DataFrame, language: Language) -> list[Row]:
    """The newest month first."""
    note = language.gettext(
        "Active: last purchase at most 60 days before the month's end; at risk: 61 to 90 days; churned: more than 90"
    )
    titles = [
        None,
        language.gettext("Month"),
        language.gettext("Active"),
        language.gettext("At risk"),
        language.gettext("Churned"),
        language.gettext("Churned in the month"),
        language.gettext("Churn rate"),
        language.gettext("Buyers"),
        language.gettext("Revenue, ₽"),
        language.gettext("Revenue at risk, ₽"),
        language.gettext("Expected loss, ₽"),
    ]
    looks = [PLAIN, MONTH, *[COUNT] * 4, SHARE, COUNT, MONEY, MONEY, MONEY]
    return [
        [None, make_cell(sheet, language.gettext("Churn by month"), HEADING)],
        [None, make_cell(sheet, note, replace(NOTE, indent=0))],
        make_row(sheet, titles, [PLAIN, HEADER, *[NUMBER_HEADER] * 9]),
        *(make_row(sheet, _month(month), looks) for month in churn.to_dict("records")),
    ]


def _month(month: Mapping[Hashable, Any]) -> list[Value]:
    counts = [int(month[name]) for name in ("active", "at_risk", "churned", "newly_churned")]
    amounts = [int(month[name]) / 100 for name in ("monetary", "at_risk_monetary", "loss")]
    rate = None if pd.isna(month["rate"]) else float(month["rate"])
    return [None, month_value(int(month["month"])), *counts, rate, int(month["buyers"]), *amounts]


def _before(sheet: Worksheet, windows: pd.DataFrame, language: Language) -> list[Row]:
    """What those who churned did in their last days."""
    if windows.empty:
        return []
    titles = [
        None,
        language.gettext("Last days of buying"),
        language.gettext("Customers"),
        language.gettext("Orders"),
        language.gettext("Orders per customer"),
        language.gettext("Revenue, ₽"),
        language.gettext("Per customer, ₽"),
    ]
    looks = [PLAIN, WORDS, COUNT, COUNT, Look(cells.PER_CUSTOMER), MONEY, MONEY]
    rows = []
    for window in windows.sort_values("days").to_dict("records"):
        customers, orders, kopecks = (int(window[name]) for name in ("customers", "orders", "monetary"))
        title = language.ngettext("the last {n} day", "the last {n} days", int(window["days"]))
        people = max(1, customers)
        figures: list[Value] = [customers, orders, orders / people, kopecks / 100, kopecks / people / 100]
        rows.append(make_row(sheet, [None, title, *figures], looks))
    return [
        [],
        [None, make_cell(sheet, language.gettext("How they bought before they churned"), HEADING)],
        make_row(sheet, titles, [PLAIN, HEADER, *[NUMBER_HEADER] * 5]),
        *rows,
    ]


def _preferences(sheet: Worksheet, tables: ReportTables, language: Language) -> list[list[Row]]:
    """What each segment buys more than the others do: of which categories, and which products. Without empty blocks."""
    of_categories = Texts(
        language.gettext("Which categories each segment prefers"),
        language.gettext(
            "Index: the category's share of the segment's money, 100 is like everybody;"
            " products without a category are left out"
        ),
        language.gettext("Product category"),
    )
    of_products = Texts(
        language.gettext("What each segment prefers"),
        language.gettext("Index: the product's share of the segment's money, 100 is like everybody"),
        language.gettext("Product"),
    )
    categories = tables.category_preferences.rename(columns={"product_category": "name"})
    products = tables.preferences.rename(columns={"product": "name"})
    sorts = ((categories, of_categories), (products, of_products))
    return [
        _preferred(sheet, preferences, texts, tables.facts, language)
        for preferences, texts in sorts
        if len(preferences)
    ]


def _preferred(
    sheet: Worksheet, preferences: pd.DataFrame, texts: Texts, facts: Facts, language: Language
) -> list[Row]:
    """The most outstanding first."""
    titles = [
        None,
        facts.segment_title,
        language.gettext("Buyers"),
        language.gettext("Revenue, ₽"),
        language.gettext("Index"),
        texts.name,
    ]
    styles = {style.key: (place, style) for place, style in enumerate(facts.segments)}
    ordered = preferences.assign(
        place=[styles[key][0] if key in styles else len(styles) for key in preferences["segment"]]
    ).sort_values(["place", "segment", "index", "name"], ascending=[True, True, False, True])
    rows = []
    for row in ordered.to_dict("records"):
        _, style = styles.get(row["segment"], (0, None))
        chip = PLAIN.chip(style.color if style else MUTED)
        title = style.title if style else str(row["segment"])
        values = [None, title, int(row["buyers"]), int(row["monetary"]) / 100, int(row["index"]), str(row["name"])]
        rows.append(make_row(sheet, values, [chip, WORDS, COUNT, MONEY, COUNT, WORDS]))
    return [
        [],
        [None, make_cell(sheet, texts.heading, HEADING)],
        [None, make_cell(sheet, texts.note, replace(NOTE, indent=0))],
        make_row(sheet, titles, [PLAIN, HEADER, *[NUMBER_HEADER] * 3, HEADER]),
        *rows,
    ]
