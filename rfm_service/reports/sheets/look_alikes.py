"""Buyers who are perhaps one customer. No sheet when there are none."""

from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, NUMBER_HEADER, WORDS, Look, make_cell, put_text
from rfm_service.reports.tables import ReportTables

WIDTHS = (10, 60)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. It shows no total that another place shows too."""
    if tables.look_alikes.empty:
        return {}
    sheet = workbook.create_sheet(language.gettext("Look-alike buyers"))
    cells.set_widths(sheet, WIDTHS)
    cells.set_print(sheet, pages_high=0)
    sheet.freeze_panes = "A2"
    sheet.append(
        [
            make_cell(sheet, language.gettext("Group"), NUMBER_HEADER),
            make_cell(sheet, language.gettext("Buyer"), HEADER),
        ]
    )
    for row in tables.look_alikes.to_dict("records"):
        name = make_cell(sheet, None, WORDS)
        put_text(name, row["buyer"])
        sheet.append([make_cell(sheet, int(row["group"]), Look(cells.COUNT)), name])
    return {}
