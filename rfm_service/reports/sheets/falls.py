"""Who falls into a worse segment within days, if it buys nothing. No sheet when nobody does."""

import pandas as pd
from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.sheets.listing import Column, write_listing
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_

COLUMNS = (
    Column("buyer", N_("Buyer"), 46, cells.TEXT),
    Column("segment", "", 19, cells.TEXT),
    Column("fall_segment", N_("Falls to"), 19, cells.TEXT, N_("out of the period")),
    Column("fall_day", N_("Falls on"), 13, cells.DATE),
    Column("days_left", N_("Days left"), 10, cells.COUNT),
    Column("money_at_risk", N_("Money at risk, ₽"), 17, cells.ROUBLES),
    Column("monetary", N_("Spent, ₽"), 17, cells.ROUBLES),
    Column("recency", N_("Days since the last order"), 13, cells.COUNT),
    Column("order_interval", N_("Mean interval, days"), 12, cells.COUNT_OR_DASH),
    Column("overdue", N_("Overdue, days"), 13, cells.COUNT_OR_DASH),
    Column("manager", N_("Manager"), 22, cells.TEXT),
    Column("email", N_("E-mail"), 40, cells.TEXT),
)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. It shows no total that another place shows too."""
    falling, facts = falling_soon(tables), tables.facts
    if falling.empty:
        return {}
    heading = language.gettext(
        "Who falls into a worse segment within {0}, if it buys nothing: {1}, at risk {2}"
    ).format(
        language.ngettext("{n} day", "{n} days", facts.soon_days),
        language.ngettext("{n} customer", "{n} customers", len(falling)),
        language.short_money(int(falling["money_at_risk"].sum())),
    )
    write_listing(workbook, language.gettext("Falls soon"), COLUMNS, falling, facts, language, above=[heading])
    return {}


def falling_soon(tables: ReportTables) -> pd.DataFrame:
    """The customers who fall within days, the most money at risk first."""
    left = tables.customers["fall_day"] - tables.facts.reference_day
    falling = tables.customers.assign(days_left=left)[left.between(1, tables.facts.soon_days)]
    return falling.sort_values(["money_at_risk", "days_left", "buyer"], ascending=[False, True, True], kind="stable")
