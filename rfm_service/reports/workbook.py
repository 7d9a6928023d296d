"""The Excel workbook."""

from pathlib import Path

from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.reports.sheets import customers, matrix, summary
from rfm_service.reports.tables import ReportTables

SHEETS = (summary.write, customers.write, matrix.write)


def write_workbook(tables: ReportTables, path: Path) -> dict[str, int]:
    """Write the report to `path`. Returns the totals it shows.

    customers, orders and monetary (kopecks) are of the customers' sheet, `summary.…` and `matrix.…` of the other two:
    equal, unless somebody's segment or tier is unknown.
    """
    language = Language(tables.facts.language)
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "rfm_service"
    totals: dict[str, int] = {}
    for write in SHEETS:
        totals |= write(workbook, tables, language)
    workbook.save(path)
    return totals
