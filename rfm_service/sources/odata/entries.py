"""From rows, whatever they were read of, to lines with names."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from rfm_service.kinds import Kind, Verdict
from rfm_service.records import DayAnswer, Header, Refused, SaleLine
from rfm_service.settings import Erp
from rfm_service.sources import values
from rfm_service.sources.kinds import Kinds
from rfm_service.sources.odata.bases import NO_BASE, Base
from rfm_service.sources.odata.catalogs import Catalogs
from rfm_service.sources.odata.products import NAME, NO_PRODUCT, Product, Products
from rfm_service.sources.odata.queries import Query, during
from rfm_service.sources.odata.wire import Ref, Row, text
from rfm_service.sources.tolerance import require_few
from rfm_service.sources.unreadable import Unreadable, kopecks_in, measured

NUMBERED = ("Number", "Date")
ABOUT_A_SALE = {Kind.RETURN, Kind.CORRECTION}


class Entry(NamedTuple):
    """A line with keys in the place of names.

    `kind` is what the type of the document says, if anything; `said` is all that was read of the line, for the
    fingerprint.
    """

    said: Sequence[Any]
    document: str
    number: str
    moment: str
    kind: Kind | None
    operation: str
    partner: str
    contractor: Ref
    order: Ref
    address: str
    product: str
    feature: str
    quantity: values.Number
    amount: values.Number
    base: Base


class Names(NamedTuple):
    """What the keys of a day stand for."""

    partners: Mapping[str, Row]
    contractors: Mapping[Ref, Row]
    orders: Mapping[Ref, Row]
    products: Mapping[str, Product]
    features: Mapping[str, str]


class EntryReader:
    """Reads the entries of one ERP."""

    def __init__(self, erp: Erp, catalogs: Catalogs) -> None:
        self._erp = erp
        self._catalogs = catalogs
        self._products = Products(erp.odata.catalogs, catalogs)
        self._kinds = Kinds(erp.operations)

    def read(self, day: int, entries: Sequence[Entry]) -> DayAnswer:
        """The day that these entries make.

        Its fingerprint is of what was read of documents, of where their keys lead and of what category goods are, not
        of what things are called.
        Raises BadAnswer when too many cannot be read.
        """
        headers = _Headers(self, day, self._names(entries))
        lines: list[SaleLine] = []
        refused: list[Refused] = []
        told: list[bytes] = []
        for entry in entries:
            try:
                line = self._line(entry, headers)
            except Unreadable as error:
                verdict, field = error.args
                refused.append(Refused(verdict, field, kopecks_in(entry.amount), _json(entry.said).decode()))
                told.append(_json([entry.said, verdict, field]))
            else:
                lines.append(line)
                told.append(_json([entry.said, _meant(line)]))
        strays = sum(self.day(entry.moment) not in {values.NOT_GIVEN, day} for entry in entries)
        require_few(refused, len(lines), day, strays)
        return DayAnswer(day, lines, refused, self._fingerprint(told))

    def needs(self, day: int) -> list[Query]:
        """Every kind of question that is asked about a day."""
        catalogs = self._erp.odata.catalogs
        return [
            Query(catalogs.partners, self.of_partner),
            Query(catalogs.contractors, NAME),
            *self._products.needs(),
            Query(catalogs.features, NAME),
            Query(catalogs.orders, NUMBERED, during("Date", day)),
        ]

    def kind(self, entry: Entry) -> Kind:
        """What a line does, its sign aside. A document's type is surer than its operation, but knows no strangers."""
        said = self._kinds.of(entry.operation) if entry.operation or not entry.kind else entry.kind
        if said is None:
            raise Unreadable(Verdict.MALFORMED, "cash_flow_type")
        return said if said is Kind.OTHER else entry.kind or said

    def day(self, moment: str) -> int:
        """The day of a moment; NOT_GIVEN for what is none."""
        try:
            return values.day(moment, self._erp.zone)
        except (ValueError, OverflowError):
            return values.NOT_GIVEN

    def site_id(self, partner: Row) -> str:
        """The customer's id on the site. Numbers of 1C are never null: 0 is none."""
        written = partner.get(self._erp.odata.site_id) or ""
        return values.text(written if isinstance(written, str | int | float) else "")

    def _line(self, entry: Entry, headers: "_Headers") -> SaleLine:
        quantity, amount = measured(entry.quantity, 1000, "quantity"), measured(entry.amount, 100, "sum")
        kind = self.kind(entry)
        if kind is Kind.SALE and (quantity < 0 or amount < 0):
            kind = Kind.RETURN
        elif kind is Kind.RETURN and entry.kind is None and amount > 0:
            kind = Kind.CORRECTION  # a register's returns are negative: this one takes back a return
        if kind is Kind.RETURN:
            quantity, amount = abs(quantity), abs(amount)
        header = headers.of(entry, kind)
        product = headers.names.products.get(entry.product, NO_PRODUCT)
        return SaleLine(
            header,
            product.name,
            headers.names.features.get(entry.feature, ""),
            quantity,
            amount,
            entry.product,
            entry.feature,
            product.category,
        )

    def _names(self, entries: Sequence[Entry]) -> Names:
        catalogs, objects, of = self._erp.odata.catalogs, self._catalogs.objects, self._catalogs.of
        return Names(
            objects(catalogs.partners, self.of_partner, (entry.partner for entry in entries)),
            of((entry.contractor for entry in entries), NAME),
            of((entry.order for entry in entries), NUMBERED),
            self._products.find({entry.product for entry in entries}),
            _texts(objects(catalogs.features, NAME, (entry.feature for entry in entries))),
        )

    @property
    def of_partner(self) -> tuple[str, ...]:
        """The fields of a partner that its lines need."""
        return (*NAME, *filter(None, [self._erp.odata.site_id]))

    def _fingerprint(self, told: Sequence[bytes]) -> str:
        digest = self._rules.copy()
        digest.update(b",".join(sorted(told)))
        return digest.hexdigest()

    @cached_property
    def _rules(self) -> "hashlib._Hash":
        odata = self._erp.odata.model_dump(
            include={"mode", "site_id", "sales_register", "fields", "catalogs", "documents"}
        )
        return hashlib.sha256(_json([odata, self._erp.operations.model_dump(), self._erp.timezone]))


class _Headers:
    """The headers of a day: lines that have all of it in common share one."""

    def __init__(self, reader: EntryReader, day: int, names: Names) -> None:
        self.names = names
        self._reader = reader
        self._day = day
        self._known: dict[tuple[Any, ...], Header] = {}

    def of(self, entry: Entry, kind: Kind) -> Header:
        """The header of a line of this kind. Raises Unreadable."""
        base = entry.base if kind in ABOUT_A_SALE else NO_BASE
        common = (kind, entry.document, entry.moment, entry.partner, entry.contractor, entry.order, base)
        if common not in self._known:
            self._known[common] = self._header(entry, kind, base)
        return self._known[common]

    def _header(self, entry: Entry, kind: Kind, base: Base) -> Header:
        number = values.text(entry.number)
        if not number:
            raise Unreadable(Verdict.INCOMPLETE, "sale_id")
        if self._reader.day(entry.moment) != self._day:
            raise Unreadable(Verdict.MALFORMED, "date")
        partner, order = self._partner(entry.partner), self.names.orders.get(entry.order, {})
        return Header(
            kind,
            number,
            self._day,
            values.text(text(order, "Number") or entry.order.key),
            self._reader.day(text(order, "Date")),
            values.text(text(partner, "Description")),
            values.text(text(self.names.contractors.get(entry.contractor, {}), "Description")),
            self._reader.site_id(partner),
            values.text(entry.address),
            entry.document,
            entry.order.key,
            entry.partner,
            *base,
        )

    def _partner(self, key: str) -> Row:
        if not key:
            raise Unreadable(Verdict.INCOMPLETE, "buyer")
        partner = self.names.partners.get(key)
        if not partner or not values.text(text(partner, "Description")):
            raise Unreadable(Verdict.MALFORMED, "buyer")
        return partner


def _texts(objects: Mapping[str, Row]) -> dict[str, str]:
    return {key: values.text(text(row, "Description")) for key, row in objects.items()}


def _meant(line: SaleLine) -> tuple[Any, ...]:
    """Where the keys of a line lead, as far as it matters whose purchase it is and whether it counts."""
    header = line.header
    return (
        header.buyer_key,
        header.site_id,
        header.contractor,
        header.order_number,
        header.order_day,
        line.product_key,
        line.feature_key,
        line.product_category,
    )


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
