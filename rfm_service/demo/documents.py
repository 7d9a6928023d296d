"""What a demo shop writes down: documents and their lines, and how 1C words them in an answer."""

from collections.abc import Iterator

import msgspec

from rfm_service.clock import date_of
from rfm_service.demo.catalogue import CATEGORIES
from rfm_service.demo.keys import NO_KEY, key_of
from rfm_service.kinds import Kind
from rfm_service.settings import ErpFields

EMPTY_DATE = "0001-01-01T00:00:00+00:00"
NO_DAY = -1

SALE = "Реализация клиенту"
RETAIL_SALE = "Реализация в розницу"
INTERCOMPANY_SALE = "Реализация товаров в другую организацию"
RETURN = "Возврат товаров от клиента"
LATE_RETURN = "Возврат товаров от клиента прошлых периодов"
CORRECTION = "Корректировка реализации по согласованию сторон"

FIELDS = ErpFields()

WireLine = dict[str, str | int | float | None]


class Line(msgspec.Struct, frozen=True, gc=False):
    """One row of a document. `quantity` is thousandths of a unit, `amount` kopecks; None is what somebody forgot.

    Those of a correction are signed, all others count as the document does. `base_key` is of the sale that the row
    takes back.
    """

    product: str
    feature: str
    quantity: int | None
    amount: int | None
    base_key: str = ""


class Card(msgspec.Struct, frozen=True):
    """A buyer's card. Empty text where nobody is known. Without a key it gets the one of its first name."""

    name: str
    email: str
    category: str
    manager: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if not self.key:
            msgspec.structs.force_setattr(self, "key", buyer_key(self.name))


class Document(msgspec.Struct, frozen=True):
    """A document. `second` counts from midnight; empty text, None and NO_DAY mean "not given".

    `base_key` is of the sale that the header takes back or corrects. Without keys a new document gets a key made of
    what it is now, and its buyer the one of their name; copies made with `replace` keep both. So a copy for another
    buyer needs their key, too.
    """

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
    base_key: str = ""
    key: str = ""
    buyer_key: str = ""

    def __post_init__(self) -> None:
        if not self.key:
            own = key_of("document", self.operation, self.number, self.day, self.second, self.buyer)
            msgspec.structs.force_setattr(self, "key", own)
        if not self.buyer_key:
            msgspec.structs.force_setattr(self, "buyer_key", buyer_key(self.buyer))

    @property
    def kind(self) -> Kind:
        """Whether it sells, takes back or corrects."""
        return kind_of(self.operation)

    @property
    def order_key(self) -> str:
        """The key of the order it names; NO_KEY without one."""
        return key_of("order", self.order_number, self.order_day) if self.order_number else NO_KEY

    @property
    def amount(self) -> int:
        """The kopecks of all lines that have a sum."""
        return sum(line.amount or 0 for line in self.lines)

    @property
    def sign(self) -> int:
        """How its figures count in the ERP's own totals."""
        return -1 if self.kind is Kind.RETURN else 1


def kind_of(operation: str) -> Kind:
    """What a document of this operation does: sell, take back or correct."""
    if operation.startswith("Возврат"):
        return Kind.RETURN
    return Kind.CORRECTION if operation.startswith("Корректировка") else Kind.SALE


def buyer_key(name: str) -> str:
    """The key of a buyer who was first called so."""
    return key_of("buyer", name)


def wire_lines(document: Document) -> Iterator[WireLine]:
    """The lines as 1C's HTTP service writes them: roubles and units as JSON numbers, naive local dates."""
    common: WireLine = {
        FIELDS.date: moment(document.day, document.second),
        FIELDS.sale_id: document.number or None,
        FIELDS.order_date: EMPTY_DATE if document.order_day == NO_DAY else moment(document.order_day, 0),
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
            FIELDS.product_category: CATEGORIES.get(line.product, ""),
            FIELDS.quantity: number_of(line.quantity, 1000),
            FIELDS.sum: number_of(line.amount, 100),
        }


def moment(day: int, second: int) -> str:
    """A moment as 1C writes it: naive, local, to the second."""
    return f"{date_of(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def number_of(value: int | None, scale: int) -> int | float | None:
    """Kopecks or thousandths as a JSON number of whole units."""
    if value is None:
        return None
    return value / scale if value % scale else value // scale
