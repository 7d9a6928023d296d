"""Whom to call today, and why. No sheet when there is nobody."""

from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.sheets.listing import Column, write_listing
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_

COLUMNS = (
    Column("place", N_("No."), 6, cells.COUNT),
    Column("buyer", N_("Buyer"), 36, cells.TEXT, wrap=True),
    Column("segment", "", 18, cells.TEXT),
    Column("reason", N_("Why to call"), 60, cells.TEXT, wrap=True),
    Column("manager", N_("Manager"), 18, cells.TEXT, wrap=True),
    Column("email", N_("E-mail"), 34, cells.TEXT),
    Column("money_at_risk", N_("Money at risk, ₽"), 15, cells.ROUBLES),
    Column("chance", N_("Chance that a call helps"), 12, cells.PER_CENT),
    Column("reachability", N_("How easy to reach"), 13, cells.PER_CENT),
    Column("worth", N_("What the call is worth, ₽"), 17, cells.ROUBLES),
)
THREE_LINES = 42


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. It shows no total that another place shows too."""
    calls, facts = tables.calls, tables.facts
    if calls.empty:
        return {}
    heading = language.gettext("To call on {0}: {1}, at risk {2}").format(
        language.day(facts.reference_day),
        language.ngettext("{n} customer", "{n} customers", len(calls)),
        language.short_money(int(calls["money_at_risk"].sum())),
    )
    days = language.ngettext("{n} day", "{n} days", facts.quiet_days)
    notes = [
        language.gettext("The most worth first: worth = money at risk × chance × how easy to reach."),
        language.gettext("Who was on this list is not on it again for {0}, unless it has bought since.").format(days),
    ]
    write_listing(
        workbook,
        language.gettext("Calls today"),
        COLUMNS,
        calls.assign(place=range(1, len(calls) + 1)),
        facts,
        language,
        above=[heading, *notes],
        row_height=THREE_LINES,
    )
    return {}
