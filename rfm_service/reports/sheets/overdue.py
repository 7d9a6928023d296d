"""Whose next order is overdue by its own rhythm. No sheet when nobody's is."""

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
    Column("expected_day", N_("Next order due"), 13, cells.DATE),
    Column("overdue", N_("Overdue, days"), 13, cells.COUNT),
    Column("order_interval", N_("Mean interval, days"), 12, cells.COUNT),
    Column("last_day", N_("Last order"), 13, cells.DATE),
    Column("monetary", N_("Spent, ₽"), 17, cells.ROUBLES),
    Column("average_order", N_("Average order, ₽"), 17, cells.ROUBLES),
    Column("manager", N_("Manager"), 22, cells.TEXT),
    Column("email", N_("E-mail"), 40, cells.TEXT),
)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. It shows no total that another place shows too."""
    late = overdue_of(tables)
    if not late.empty:
        write_listing(workbook, language.gettext("Overdue"), COLUMNS, late, tables.facts, language)
    return {}


def overdue_of(tables: ReportTables) -> pd.DataFrame:
    """The customers who are overdue, the largest first."""
    late = tables.customers[tables.customers["overdue"] > 0]
    return late.sort_values(["monetary", "buyer"], ascending=[False, True], kind="stable")
