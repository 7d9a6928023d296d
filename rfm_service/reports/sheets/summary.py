"""What a manager sees first: the key figures, the segments with advice, and where the figures come from."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from openpyxl import Workbook
from openpyxl.formatting.rule import DataBarRule
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.receipts import WaterfallRow
from rfm_service.reports import cells
from rfm_service.reports.cells import (
    FIGURE,
    HEADER,
    NOTE,
    NUMBER_HEADER,
    PLAIN,
    TITLE,
    WARNING,
    WORDS,
    Look,
    Value,
    make_cell,
)
from rfm_service.reports.facts import Facts
from rfm_service.reports.palette import MUTED
from rfm_service.reports.rollup import Axis, by_class, styles_of, title_of
from rfm_service.reports.sheets.classes import Row, class_rows, make_row
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import LINK_TITLES, WATERFALL_TITLES

WIDTHS = (3, 24, 13, 15, 20, 16, 56)
ORIGIN = 6  # the column, counted from 0, where the origin of the figures begins
APART = {"unmatched_returns", "unmatched_corrections"}
RECENT = 90  # days
COUNT, MONEY, SHARE = Look(cells.COUNT), Look(cells.MONEY), Look(cells.SHARE)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. Returns summary.customers and summary.monetary (kopecks), the sums of the segment table."""
    sheet = workbook.create_sheet(language.gettext("Summary"))
    missing = _missing(sheet, tables, language)
    head = [*_head(sheet, tables.facts, language), missing, *_key_figures(sheet, tables, language), []]
    segments = _classes(sheet, tables, "segment", language)
    tiers = _classes(sheet, tables, "tier", language)
    waterfall = [*_waterfall(sheet, tables.facts, language), *_links(sheet, tables.facts, language)]
    _set_up(sheet)
    _add_bars(sheet, len(head) + 2, len(tables.facts.segments))
    _add_bars(sheet, len(head) + len(segments) + 3, len(tables.facts.tiers))
    for row in [*head, *segments, [], *tiers, [], *_beside(waterfall, _origin(sheet, tables.facts, language))]:
        sheet.append(row)
    sums = by_class(tables, "segment")
    return {"summary.customers": int(sums["customers"].sum()), "summary.monetary": int(sums["monetary"].sum())}


def _set_up(sheet: Worksheet) -> None:
    cells.set_widths(sheet, WIDTHS)
    cells.set_print(sheet, pages_high=1)
    sheet.sheet_view.showGridLines = False
    sheet.row_dimensions[1].height = 28


def _head(sheet: Worksheet, facts: Facts, language: Language) -> list[Row]:
    title = language.gettext("Customer segments on {day}").format(day=language.day(facts.reference_day))
    period = language.gettext("Purchases from {first} to {last}, net of returns").format(
        first=language.day(facts.first_day), last=language.day(facts.last_day)
    )
    return [
        [make_cell(sheet, title, TITLE)],
        [make_cell(sheet, period, replace(NOTE, size=11, indent=0))],
        *_warnings(sheet, facts.warnings, language),
    ]


def _warnings(sheet: Worksheet, warnings: list[str], language: Language) -> list[Row]:
    if not warnings:
        return [[make_cell(sheet, language.gettext("No warnings"), replace(NOTE, indent=0))]]
    blank = make_cell(sheet, None, WARNING)
    return [[make_cell(sheet, f"! {warning}", WARNING), *[blank] * (len(WIDTHS) - 1)] for warning in warnings]


def _missing(sheet: Worksheet, tables: ReportTables, language: Language) -> Row:
    """One line about the sheets that are not there: which, and when they come."""
    notes = []
    if tables.movements.empty:
        notes.append(language.gettext("No movements since the last report"))
    if tables.segment_months.empty:
        notes.append(language.gettext("Segments by month, cohorts and churn appear after the first closed month"))
    if tables.transitions.empty:
        notes.append(language.gettext("Flows between months appear after two closed months"))
    return [make_cell(sheet, f"{'. '.join(notes)}.", replace(NOTE, indent=0))] if notes else []


def _key_figures(sheet: Worksheet, tables: ReportTables, language: Language) -> list[Row]:
    customers = tables.customers
    orders, monetary = int(customers["frequency"].sum()), int(customers["monetary"].sum())
    figures: dict[str, Value] = {
        language.gettext("Customers"): len(customers),
        language.gettext("Orders"): orders,
        language.gettext("Average order, ₽"): round(monetary / orders / 100),
        language.gettext("Revenue, ₽"): round(monetary / 100),
        language.gettext("Bought in the last {n} days").format(n=RECENT): int((customers["recency"] <= RECENT).sum()),
    }
    return [
        [None, *(make_cell(sheet, title, NOTE) for title in figures)],
        [None, *(make_cell(sheet, value, FIGURE) for value in figures.values())],
    ]


def _classes(sheet: Worksheet, tables: ReportTables, axis: Axis, language: Language) -> list[Row]:
    """A header, a row per class with its advice, and the totals."""
    styles = styles_of(tables.facts, axis)
    sums = by_class(tables, axis)
    numbers = sums[["customers", "customers_share", "monetary", "monetary_share"]].assign(
        monetary=sums["monetary"] / 100
    )
    *rows, totals = class_rows(sheet, styles, numbers, (COUNT, SHARE, MONEY, SHARE), language.gettext("Total"))
    return [
        _class_header(sheet, title_of(tables.facts, axis), language),
        *([*row, make_cell(sheet, style.advice, WORDS)] for row, style in zip(rows, styles, strict=True)),
        [*totals, make_cell(sheet, None, PLAIN.as_total())],
    ]


def _class_header(sheet: Worksheet, title: str, language: Language) -> Row:
    measures = [
        language.gettext("Customers"),
        language.gettext("Share"),
        language.gettext("Revenue, ₽"),
        language.gettext("Share of revenue"),
    ]
    titles = [None, title, *measures, language.gettext("What to do")]
    return make_row(sheet, titles, [HEADER, HEADER, *[NUMBER_HEADER] * 4, HEADER])


def _waterfall(sheet: Worksheet, facts: Facts, language: Language) -> list[Row]:
    """From everything that was sold to what is analysed; what stands apart from the sum comes below it."""
    titles = [
        None,
        language.gettext("What was analysed"),
        None,
        language.gettext("Lines"),
        language.gettext("Amount, ₽"),
    ]
    *steps, result = [_step(row, language) for row in facts.waterfall if row.key not in APART]
    apart = [_step(row, language) for row in facts.waterfall if row.key in APART]
    step_looks = [PLAIN, WORDS, WORDS, COUNT, MONEY]
    return [
        make_row(sheet, titles, [HEADER, HEADER, HEADER, NUMBER_HEADER, NUMBER_HEADER]),
        *(make_row(sheet, step, step_looks) for step in steps),
        make_row(sheet, result, [look.as_total() for look in step_looks]),
        *(make_row(sheet, step, [replace(look, color=MUTED) for look in step_looks]) for step in apart),
    ]


def _links(sheet: Worksheet, facts: Facts, language: Language) -> list[Row]:
    """How the returns of the period found the sales that they take back, with each way's share."""
    if not facts.links:
        return []
    titles = [
        None,
        language.gettext("How returns were matched"),
        None,
        language.gettext("Lines"),
        language.gettext("Amount, ₽"),
        language.gettext("Share"),
    ]
    total = sum(row.amount for row in facts.links) or 1
    rows = [
        [None, language.gettext(LINK_TITLES[row.key]), None, row.lines, row.amount / 100, row.amount / total]
        for row in facts.links
    ]
    return [
        [],
        make_row(sheet, titles, [HEADER, HEADER, HEADER, NUMBER_HEADER, NUMBER_HEADER, NUMBER_HEADER]),
        *(make_row(sheet, row, [PLAIN, WORDS, WORDS, COUNT, MONEY, SHARE]) for row in rows),
    ]


def _step(row: WaterfallRow, language: Language) -> list[Value]:
    title = WATERFALL_TITLES.get(row.key)
    return [None, language.gettext(title) if title else row.key, None, row.lines, row.amount / 100]


def _origin(sheet: Worksheet, facts: Facts, language: Language) -> list[Row]:
    """What it takes to repeat this report."""
    origin = {
        language.gettext("Run"): facts.run_id,
        language.gettext("Scheme"): facts.scheme_hash,
        language.gettext("Data"): facts.fingerprint,
    }
    return [
        make_row(sheet, [language.gettext("Where the figures come from")], [HEADER]),
        *(make_row(sheet, [f"{title}: {value}"], [NOTE]) for title, value in origin.items()),
    ]


def _beside(left: list[Row], right: list[Row]) -> Iterator[Row]:
    for near, far in zip_longest(left, right):
        yield [*(near or []), *[None] * (ORIGIN - len(near or [])), *(far or [])]


def _add_bars(sheet: Worksheet, top: int, rows: int) -> None:
    """Bars behind both shares of a table whose first row is `top`."""
    for column in "DF":
        rule = DataBarRule("num", 0, "num", 1, color="9FC5E8")  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(f"{column}{top}:{column}{top + rows - 1}", rule)
