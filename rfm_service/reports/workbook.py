"""The Excel workbook."""

from pathlib import Path

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from rfm_service.locales import Language
from rfm_service.reports.sheets import (
    calls,
    churn,
    cohorts,
    corrections,
    customers,
    falls,
    flows,
    look_alikes,
    matrix,
    movements,
    segment_months,
    summary,
)
from rfm_service.reports.tables import ReportTables

SHEETS = (
    summary.write,
    calls.write,
    movements.write,
    falls.write,
    customers.write,
    matrix.write,
    flows.write,
    segment_months.write,
    cohorts.write,
    churn.write,
    corrections.write,
    look_alikes.write,
)


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


def read_totals(path: Path, language: Language) -> dict[str, int]:
    """What another reader finds in a written report: customers, orders, monetary (kopecks) of the customers' sheet."""
    with CalamineWorkbook.from_path(path) as workbook:
        return customers.read_totals(workbook.get_sheet_by_name(customers.title_in(language)))
