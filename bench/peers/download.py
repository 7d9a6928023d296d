"""The sales of a year as everybody takes them from the 1C server: a request a day, JSON inside JSON."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import requests

from bench.data import SHOP_DAYS, Data
from rfm_service.clock import date_of
from rfm_service.settings import ErpFields

SALES = f"CREATE TABLE sales ({', '.join(ErpFields.model_fields)})"
INTO_SALES = f"INSERT INTO sales VALUES ({', '.join('?' for _ in ErpFields.model_fields)})"
"""A table with a column for each field of a line, and a line into it."""


def rows_of_days(data: Data) -> Iterator[list[dict[str, Any]]]:
    """Each day's rows."""
    erp = data.shop.settings.erp
    with requests.Session() as session:
        session.headers["Authorization"] = erp.token.get_secret_value()
        for day in SHOP_DAYS:
            date = date_of(day).isoformat()
            body = {"datefrom": f"{date}T00:00:00", "datebefore": f"{date}T23:59:59", "algoritm": "clasterclients"}
            answer = session.post(erp.url, json=body, timeout=60)
            answer.raise_for_status()
            yield json.loads(answer.json()["data"])


def received(lines: int) -> pa.Table:
    """What a sync came to: how many lines are stored, whatever each peer's cleaning makes of them."""
    return pa.table({"lines": [lines]})
