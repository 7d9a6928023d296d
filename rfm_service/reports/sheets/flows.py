"""Where customers went in the last closed month. No sheet before there are two of them."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, HEADING, NOTE, NUMBER_HEADER, PLAIN, WORDS, Look, Value, make_cell
from rfm_service.reports.closed_months import flows_into, last_flow, states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.palette import SHADE
from rfm_service.reports.sheets.classes import Row, append_rows, make_row
from rfm_service.reports.tables import ReportTables

TOP = 4  # the first row of the matrix
COUNT, MONEY, SHARE = Look(cells.COUNT_OR_DASH), Look(cells.MONEY_OR_DASH), Look(cells.SHARE)
CHANGE = Look(cells.CHANGE, align="right")


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet: a matrix of customers, and every pair of segments with its money. No total of another place."""
    month = last_flow(tables)
    if month < 0:
        return {}
    states = states_of(tables, language)
    flows = flows_into(tables, month, states)
    present = [style for style in states if flows.loc[style.key].any() or flows[style.key].any()]
    keys = [style.key for style in present]
    sheet = workbook.create_sheet(language.gettext("Flows"))
    cells.set_widths(sheet, [3, 24, *[17] * max(len(present) + 1, 7)])
    cells.set_print(sheet, pages_high=1)
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "C1"
    _shade(sheet, len(present))
    rows = [
        *_matrix(sheet, flows.loc[keys, keys], present, month, language),
        [],
        *_pairs(sheet, tables.transitions[tables.transitions["month"] == month], present, month, language),
    ]
    append_rows(sheet, rows)
    return {}


def _matrix(
    sheet: Worksheet, flows: pd.DataFrame, states: list[SegmentStyle], month: int, language: Language
) -> list[Row]:
    """From each state to each; on the right how many there were, below how many there are, and the difference."""
    before, after = language.month(month - 1), language.month(month)
    title = language.gettext("Customers from the end of {before} to the end of {after}").format(
        before=before, after=after
    )
    note = language.gettext("Rows: where they were. Columns: where they are. Grey: who stayed.")
    counts = flows.to_numpy()
    then, now = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    header: list[Value] = [None, language.gettext("From"), *(style.title for style in states), before]
    last, stays = Look(cells.COUNT_OR_DASH, bold=True), replace(COUNT, fill=SHADE)
    rows = []
    for style, row, size in zip(states, counts.tolist(), then, strict=True):
        looks = [stays if other is style else COUNT for other in states]
        name = [PLAIN.chip(style.color), replace(WORDS, bold=True)]
        rows.append(make_row(sheet, [None, style.title, *row, size], [*name, *looks, last]))
    total = [look.as_total() for look in (PLAIN, WORDS, *[COUNT] * (len(states) + 1))]
    changes = [new - old for old, new in zip(then, now, strict=True)]
    signed = Look("+#,##0;-#,##0;0", align="right")
    return [
        [make_cell(sheet, title, HEADING)],
        [make_cell(sheet, note, replace(NOTE, indent=0))],
        make_row(sheet, header, [HEADER, HEADER, *[NUMBER_HEADER] * (len(states) + 1)]),
        *rows,
        make_row(sheet, [None, after, *now, sum(now)], total),
        make_row(sheet, [None, language.gettext("Change"), *changes], [PLAIN, WORDS, *[signed] * len(states)]),
    ]


def _shade(sheet: Worksheet, states: int) -> None:
    """The more customers, the darker; those who stayed would outshine the rest and are left out."""
    areas = []
    for row in range(states):
        left, right = (3, row + 2), (row + 4, states + 2)
        for first, last in (left, right):
            if first <= last:
                areas.append(f"{get_column_letter(first)}{TOP + row}:{get_column_letter(last)}{TOP + row}")
    if areas:
        rule = ColorScaleRule("num", 0, start_color="FFFFFF", end_type="max", end_color="8FB8DE")  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(" ".join(areas), rule)


def _pairs(
    sheet: Worksheet, table: pd.DataFrame, states: list[SegmentStyle], month: int, language: Language
) -> list[Row]:
    """Every pair there is, by the states' order, with what those customers bought in both months."""
    before, after = language.month(month - 1), language.month(month)
    titles = [
        None,
        language.gettext("From"),
        language.gettext("To"),
        language.gettext("Customers"),
        language.gettext("Share of the segment"),
        f"{before}, ₽",
        f"{after}, ₽",
        language.gettext("Change, ₽"),
        language.gettext("Uplift"),
    ]
    places = {style.key: place for place, style in enumerate(states)}
    ordered = table.sort_values(["before", "after"], key=lambda keys: keys.map(places))
    sizes = table.groupby("before")["customers"].sum()
    looks = [PLAIN, WORDS, WORDS, COUNT, SHARE, MONEY, MONEY, MONEY, CHANGE]
    rows = []
    for pair in ordered.to_dict("records"):
        old, new = states[places[pair["before"]]], states[places[pair["after"]]]
        customers = int(pair["customers"])
        figures = [customers, customers / int(sizes[pair["before"]]), *_money(pair)]
        colored = [PLAIN.chip(old.color), looks[1], looks[2].chip(new.color), *looks[3:]]
        rows.append(make_row(sheet, [None, old.title, new.title, *figures], colored))
    sums = table[["customers", "amount_before", "amount_after"]].sum().to_dict()
    total = [None, language.gettext("Total"), None, int(sums["customers"]), None, *_money(sums)]
    return [
        [make_cell(sheet, language.gettext("What they bought"), HEADING)],
        make_row(sheet, titles, [HEADER, HEADER, HEADER, *[NUMBER_HEADER] * 6]),
        *rows,
        make_row(sheet, total, [look.as_total() for look in looks]),
    ]


def _money(pair: Mapping[Hashable, Any]) -> list[Value]:
    """Before, after, the difference, and by how much more that is; no uplift on nothing."""
    before, after = int(pair["amount_before"]), int(pair["amount_after"])
    return [before / 100, after / 100, (after - before) / 100, after / before - 1 if before > 0 else "–"]
