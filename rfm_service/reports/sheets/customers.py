"""Every customer with a purchase, the largest first."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pandas as pd
from openpyxl import Workbook
from python_calamine import CalamineSheet

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.facts import Facts
from rfm_service.reports.sheets.listing import Column, write_listing
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_

MEASURES = (
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
    Column("expected_day", N_("Next order due"), 13, cells.DATE),
    Column("overdue", N_("Overdue, days"), 13, cells.COUNT_OR_DASH),
)
FALL = (
    Column("fall_day", N_("Falls on, if it buys nothing"), 15, cells.DATE),
    Column("fall_segment", N_("Falls to"), 19, cells.TEXT, N_("out of the period")),
)
BETTER = (
    Column("better_segment", N_("Nearest better segment"), 19, cells.TEXT, "–"),
    Column("orders_missing", N_("Orders missing to it"), 12, cells.COUNT_OR_DASH),
    Column("amount_missing", N_("Amount missing to it, ₽"), 17, cells.MONEY_OR_DASH),
)
CARD = (
    Column("email", N_("E-mail"), 30, cells.TEXT),
    Column("category", N_("Category"), 22, cells.TEXT),
)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. Returns customers, monetary (kopecks) and orders."""
    customers = tables.customers.sort_values(["monetary", "buyer"], ascending=[False, True], kind="stable")
    columns = columns_of(customers, tables.facts)
    write_listing(
        workbook,
        title_in(language),
        columns,
        customers,
        tables.facts,
        language,
        printed=len(columns) - len(CARD),
    )
    return {
        "customers": len(customers),
        "monetary": int(customers["monetary"].sum()),
        "orders": int(customers["frequency"].sum()),
    }


def title_in(language: Language) -> str:
    """What the sheet is called."""
    return language.gettext("Customers")


def columns_of(customers: pd.DataFrame, facts: Facts) -> list[Column]:
    """The columns of the sheet, but for those that this scheme has nothing to say in; other schemes side by side."""
    fall = FALL if (customers["fall_day"] >= 0).any() else ()
    better = BETTER if (customers["better_segment"] != "").any() else ()
    others = (Column(other.column, other.title, 19, cells.TEXT) for other in facts.others)
    return [*MEASURES, *fall, *better, *others, *CARD]


def read_totals(sheet: CalamineSheet) -> dict[str, int]:
    """What a reader finds on a written sheet, where every number has a decimal point: the totals of `write`."""
    names = [column.name for column in MEASURES]
    spent, orders = names.index("monetary"), names.index("frequency")
    totals = {"customers": 0, "monetary": 0, "orders": 0}
    rows: Iterator[list[Any]] = sheet.iter_rows()
    for row in islice(rows, 1, None):
        totals["customers"] += 1
        totals["monetary"] += round(row[spent] * 100)
        totals["orders"] += round(row[orders])
    return totals
