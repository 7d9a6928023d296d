"""An OData source with a memory, and ways for a 1C server to spoil what it says."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from pydantic import SecretStr

from rfm_service.demo.book import Book
from rfm_service.demo.protocol import Answer, Fault, Plan, Request, Usual
from rfm_service.demo.server import ErpServer
from rfm_service.records import DayAnswer
from rfm_service.settings import Erp, OData
from rfm_service.sources.odata.source import ErpOData, connect
from tests.conftest import REFERENCE_DAY, TOKEN

BUSY_DAY = REFERENCE_DAY - 8  # a Thursday
REGISTER = "AccumulationRegister_ВыручкаИСебестоимостьПродаж_RecordType"
SALES = "Document_РеализацияТоваровУслуг"
RETURNS = "Document_ВозвратТоваровОтКлиента"
PARTNERS = "Catalog_Партнеры"
PRODUCTS, CATEGORIES = "Catalog_Номенклатура", "Catalog_ТоварныеКатегории"

Rows = list[dict[str, Any]]


class Memory:
    """A catalog in memory. `asked` holds the keys that were looked for in it and not found."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str]] = []

    def known(self, entity: str, keys: Collection[str]) -> dict[str, str]:
        """Those that are remembered."""
        self.asked += [(entity, key) for key in sorted(keys) if (entity, key) not in self.entries]
        return {key: self.entries[entity, key] for key in keys if (entity, key) in self.entries}

    def remember(self, entity: str, fields: Mapping[str, str]) -> None:
        """Keep these."""
        self.entries |= {(entity, key): written for key, written in fields.items()}


def odata_at(url: str, memory: Memory | None = None, erp: Mapping[str, Any] | None = None, **changes: Any) -> ErpOData:
    """The source at this address, asked once and not for long; `changes` are of [erp.odata], `erp` of [erp]."""
    usual: dict[str, Any] = {
        "connect_timeout": 2,
        "read_timeout": 2,
        "tries": 1,
        "retry_pause": 0.01,
        "pause": 0,
        "token": SecretStr(f"Админ:{TOKEN}"),
    }
    odata = OData(**({"site_id": "ИдНаСайте"} | changes))
    return connect(
        Erp(source="odata", url=url, auth="basic", odata=odata, **(usual | dict(erp or {}))), memory or Memory()
    )


def signed(answer: DayAnswer) -> int:
    """Kopecks of a day as the register counts them."""
    return sum(line.signed_amount for line in answer.lines)


def in_book(book: Book, day: int) -> int:
    """The same by the book."""
    return sum(document.sign * document.amount for document in book.of_day(day))


def rows_in(answer: Answer) -> Rows:
    """The rows of a healthy answer."""
    return msgspec.json.decode(answer.body, type=dict[str, Any])["value"]  # type: ignore[no-any-return]


def with_rows(change: Callable[[Rows], Rows]) -> Fault:
    """The fault of rows that are changed on their way."""

    def spoilt(usual: Usual) -> Answer:
        answer = usual()
        return msgspec.structs.replace(answer, body=msgspec.json.encode({"value": change(rows_in(answer))}))

    return spoilt


def when(fits: Callable[[Request], bool], fault: Fault, times: int = 1_000_000) -> Plan:
    """The plan of a server that misbehaves so at the first so many requests that fit."""
    left = [fault] * times if times < 1_000 else None

    def plan(_: int, request: Request) -> Fault | None:
        if not fits(request):
            return None
        if left is None:
            return fault
        return left.pop() if left else None

    return plan


def about(entity: str) -> Callable[[Request], bool]:
    """Requests about an entity."""
    return lambda request: request.entity == entity


class Stage:
    """A server on which one play of faults after another is given."""

    def __init__(self, book: Book) -> None:
        self.server = ErpServer(book, TOKEN, plan=self._fault)
        self.plan: Plan = lambda *_: None

    def _fault(self, number: int, request: Request) -> Fault | None:
        return self.plan(number, request)


def serving(book: Book, plan: Plan | None = None) -> ErpServer:
    """A 1C server with this book."""
    return ErpServer(book, TOKEN, plan=plan) if plan else ErpServer(book, TOKEN)
