"""What a demo shop writes down: documents and their lines, and how 1C words them in an answer."""

from collections.abc import Iterator

import msgspec

from rfm_service.clock import date_of
from rfm_service.records import Kind
from rfm_service.settings import ErpFields

EMPTY_DATE = "0001-01-01T00:00:00+00:00"
NO_DAY = -1

SALE = "Реализация клиенту"
RETAIL_SALE = "Реализация в розницу"
INTERCOMPANY_SALE = "Реализация товаров в другую организацию"
RETURN = "Возврат товаров от клиента"
LATE_RETURN = "Возврат товаров от клиента прошлых периодов"

FIELDS = ErpFields()

WireLine = dict[str, str | int | float | None]


class Line(msgspec.Struct, frozen=True, gc=False):
    """One row of a document. `quantity` is thousandths of a unit, `amount` kopecks; None is what somebody forgot."""

    product: str
    feature: str
    quantity: int | None
    amount: int | None


class Card(msgspec.Struct, frozen=True):
    """A buyer's card. Empty text where nobody is known."""

    name: str
    email: str
    category: str
    manager: str = ""


class Document(msgspec.Struct, frozen=True):
    """A posted document. `second` counts from midnight; empty text, None and NO_DAY mean "not given"."""

    operation: str
    number: str
    day: int
    second: int
    order_number: str
    order_day: int
    buyer: str
    contractor: str
    site_id: int | None
    address: str
    lines: tuple[Line, ...]

    @property
    def kind(self) -> Kind:
        """Whether it sells or takes back."""
        return kind_of(self.operation)

    @property
    def amount(self) -> int:
        """The kopecks of all lines that have a sum."""
        return sum(line.amount or 0 for line in self.lines)


def kind_of(operation: str) -> Kind:
    """What a document of this operation does: sell or take back."""
    return Kind.RETURN if operation.startswith("Возврат") else Kind.SALE


def wire_lines(document: Document) -> Iterator[WireLine]:
    """The lines as 1C's HTTP service writes them: roubles and units as JSON numbers, naive local dates."""
    common: WireLine = {
        FIELDS.date: _moment(document.day, document.second),
        FIELDS.sale_id: document.number or None,
        FIELDS.order_date: EMPTY_DATE if document.order_day == NO_DAY else _moment(document.order_day, 0),
        FIELDS.order_id: document.order_number,
        FIELDS.buyer: document.buyer,
        FIELDS.contractor: document.contractor,
        FIELDS.site_id: document.site_id,
        FIELDS.address: document.address,
        FIELDS.cash_flow_type: document.operation,
    }
    for line in document.lines:
        yield common | {
            FIELDS.product: line.product,
            FIELDS.feature: line.feature,
            FIELDS.quantity: _number(line.quantity, 1000),
            FIELDS.sum: _number(line.amount, 100),
        }


def _moment(day: int, second: int) -> str:
    return f"{date_of(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _number(value: int | None, scale: int) -> int | float | None:
    if value is None:
        return None
    return value / scale if value % scale else value // scale
