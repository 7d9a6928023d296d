"""Rows as 1C words them, for stories that need few."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from rfm_service.clock import day_of
from rfm_service.records import DayAnswer
from rfm_service.settings import Erp, ErpFields, Operations
from rfm_service.sources.envelope import rows_of
from rfm_service.sources.erp_http import ErpHttp, connect
from rfm_service.sources.lines import LineReader
from tests.conftest import TOKEN

FRIDAY = day_of(date(2026, 11, 20))
FIELDS = ErpFields().model_dump()
MOSCOW = ZoneInfo("Europe/Moscow")


def row(**changes: Any) -> dict[str, Any]:
    """Two cups for 290.50 on Friday; `changes` go by our names of the fields."""
    ours: dict[str, Any] = {
        "date": "2026-11-20T10:05:07",
        "sale_id": "УТ-000001",
        "order_date": "2026-11-19T00:00:00",
        "order_id": "УТ-000077",
        "buyer": 'ООО "Ёлки"',
        "contractor": 'ООО "Ёлки-Торг"',
        "site_id": 100_008,
        "product": "Кружка",
        "feature": "белый",
        "quantity": 2,
        "sum": 290.5,
        "address": "г. Казань, ул. Мира, д. 5",
        "cash_flow_type": "Реализация клиенту",
        "product_category": "Посуда",
    }
    return {FIELDS[name]: value for name, value in (ours | changes).items()}


def reader(names: dict[str, str] = FIELDS, zone: ZoneInfo = MOSCOW, **operations: list[str]) -> LineReader:
    """The reader of an ERP with the usual names, in Moscow."""
    return LineReader(names, Operations(**operations), zone)


def read_json(body: bytes, by: LineReader | None = None) -> DayAnswer:
    """The Friday that an answer holds."""
    return (by or reader()).read(FRIDAY, rows_of(body))


def read(*rows: object, by: LineReader | None = None) -> DayAnswer:
    """The Friday that these rows make."""
    return read_json(json.dumps(rows).encode(), by)


def money(answer: DayAnswer) -> int:
    """Kopecks of all lines, read or refused."""
    return sum(line.amount for line in answer.lines) + sum(bad.amount for bad in answer.refused)


def erp_at(url: str, token: str = TOKEN, **changes: Any) -> ErpHttp:
    """The ERP at this address, asked once and not for long."""
    usual: dict[str, Any] = {"connect_timeout": 2, "read_timeout": 2, "tries": 1, "retry_pause": 0.01, "pause": 0}
    return connect(Erp(url=url, token=SecretStr(token), **(usual | changes)))
