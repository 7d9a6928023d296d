"""A plain client of the standard interface, and documents for stories about it."""

from typing import Any

import requests

from rfm_service.clock import date_of
from rfm_service.demo.server import ErpServer

RECORDS = "AccumulationRegister_ВыручкаИСебестоимостьПродаж_RecordType"
REGISTER = "AccumulationRegister_ВыручкаИСебестоимостьПродаж"
SALES = "Document_РеализацияТоваровУслуг"
RETURNS = "Document_ВозвратТоваровОтКлиента"
CORRECTIONS = "Document_КорректировкаРеализации"
ORDERS = "Document_ЗаказКлиента"
PARTNERS = "Catalog_Партнеры"

TOKEN = "Ночной отчёт:секрет"


def get(erp: ErpServer, path: str, timeout: float = 10, **options: Any) -> requests.Response:
    """An answer in JSON. Options are written without their dollar sign."""
    return requests.get(
        f"{erp.odata_url}/{path}",
        params={"$format": "json"} | {f"${name}": str(value) for name, value in options.items()},
        auth=tuple(part.encode() for part in TOKEN.split(":")),  # type: ignore[arg-type]
        timeout=timeout,
        allow_redirects=False,
    )


def rows(erp: ErpServer, path: str, **options: Any) -> list[dict[str, Any]]:
    answer = get(erp, path, **options)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def error(erp: ErpServer, path: str, **options: Any) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    answer = get(erp, path, **options)
    told = answer.json()["odata.error"]
    return answer.status_code, told["code"], told["message"]["value"]


def of_day(day: int, field: str = "Period") -> str:
    """A filter of one day."""
    first, last = date_of(day), date_of(day + 1)
    return f"{field} ge datetime'{first}T00:00:00' and {field} lt datetime'{last}T00:00:00'"
