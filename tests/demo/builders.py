"""Documents for stories that need few."""

from datetime import date
from typing import Any

from rfm_service.clock import day_of
from rfm_service.demo.documents import SALE, Document, Line

FRIDAY = day_of(date(2026, 11, 20))

CUP = Line("Кружка", "белый", 2_000, 290_00)
RIBBON = Line("Лента, м", "", 1_500, 45_75)


def sale(day: int = FRIDAY, *lines: Line, **changes: Any) -> Document:
    """A sale of a cup, or of other lines, by an order of the day before."""
    given: dict[str, Any] = {
        "operation": SALE,
        "number": "УТ-000001",
        "day": day,
        "second": 10 * 3600 + 5 * 60 + 7,
        "order_number": "УТ-000077",
        "order_day": day - 1,
        "buyer": 'ООО "Ёлки"',
        "contractor": 'ООО "Ёлки"',
        "site_id": 100_008,
        "address": "г. Казань, ул. Мира, д. 5",
        "lines": lines or (CUP,),
    }
    return Document(**(given | changes))
