"""Customers and revenue by segment."""

from rfm_service.locales import Language
from rfm_service.reports.shares import draw_shares
from rfm_service.reports.style import Picture
from rfm_service.reports.tables import ReportTables


def draw(tables: ReportTables, language: Language) -> Picture:
    """How many customers each segment has, and how much of the revenue."""
    return draw_shares(tables, "segment", language, language.gettext("Customers and revenue by segment"))
