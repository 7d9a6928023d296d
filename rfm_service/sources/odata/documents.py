"""Days as their documents say, where there is no register of sales."""

from collections.abc import Hashable, Iterator
from typing import Any

from rfm_service.errors import BadAnswer
from rfm_service.kinds import Kind
from rfm_service.settings import Erp, ODataDocument
from rfm_service.sources.columns import missing
from rfm_service.sources.odata.bases import Bases, bases_of
from rfm_service.sources.odata.entries import Entry
from rfm_service.sources.odata.pages import Pager
from rfm_service.sources.odata.queries import Query, during, selected
from rfm_service.sources.odata.service import Service
from rfm_service.sources.odata.wire import Row, is_zero, ref, table, text

PROBE = 20
KINDS = {"sale": Kind.SALE, "return": Kind.RETURN, "correction": Kind.CORRECTION}
POSTED = "Posted eq true and DeletionMark eq false"


class Documents:
    """The documents' tables as entries."""

    def __init__(self, erp: Erp, service: Service) -> None:
        self._odata = erp.odata
        self._names = erp.odata.fields
        self._pagers = {
            kind.entity: Pager(service, PROBE, erp.odata.page_documents, erp.odata.page_mib)
            for kind in erp.odata.documents
        }

    def entries(self, day: int) -> list[Entry]:
        """The lines of a day, document by document. Raises Torn."""
        return [
            entry
            for kind in self._odata.documents
            for document in self._pagers[kind.entity].read(self._question(kind, day), _identity)
            for entry in self._lines(document, kind)
        ]

    def total(self, day: int) -> int | None:
        """Documents keep no totals of a day."""
        return None

    def needs(self, day: int) -> list[Query]:
        """Every kind of question that is asked about a day."""
        return [self._question(kind, day) for kind in self._odata.documents]

    def _select(self, kind: ODataDocument) -> tuple[str, ...]:
        names = self._names
        order = () if kind.kind == "correction" else selected(names.order)
        address = (names.address,) if kind.kind == "sale" and names.address else ()
        operation = (names.operation,) if names.operation else ()
        return (
            *("Ref_Key", "Number", "Date", "Posted", "DeletionMark"),
            *selected(names.partner),
            *selected(names.contractor),
            *order,
            *address,
            *operation,
            *selected(kind.base),
            *selected(kind.receipt),
            *kind.parts,
        )

    def _question(self, kind: ODataDocument, day: int) -> Query:
        return Query(kind.entity, self._select(kind), f"{during('Date', day)} and {POSTED}", "Date,Ref_Key")

    def _lines(self, document: Row, kind: ODataDocument) -> Iterator[Entry]:
        if (document["Posted"], document["DeletionMark"]) != (True, False):
            raise BadAnswer("The ERP gave rows of {0} that do not count: it ignores the filter.", kind.entity)
        header = {name: value for name, value in document.items() if name not in kind.parts}
        bases = bases_of(document, kind, self._names)
        for part in kind.parts:
            for line in table(document, part):
                quantity, amount = self._field(line, self._names.quantity), self._amount(line)
                if is_zero(quantity) and is_zero(amount):
                    continue
                yield self._entry(header, line, kind, quantity, amount, bases)

    def _entry(self, document: Row, line: Row, kind: ODataDocument, quantity: Any, amount: Any, bases: Bases) -> Entry:
        names, catalogs = self._names, self._odata.catalogs
        return Entry(
            said=(document, line),
            document=text(document, "Ref_Key"),
            number=text(document, "Number"),
            moment=text(document, "Date"),
            kind=KINDS[kind.kind],
            operation=text(document, names.operation),
            partner=ref(document, names.partner).key,
            contractor=ref(document, names.contractor, catalogs.contractors),
            order=ref(document, names.order, catalogs.orders),
            address=text(document, names.address),
            product=ref(line, names.product).key,
            feature=ref(line, names.feature).key,
            quantity=quantity,
            amount=amount,
            base=bases.of_line(line),
        )

    def _amount(self, line: Row) -> Any:
        return line[self._names.amount] if self._names.amount in line else self._field(line, self._names.amount_else)

    def _field(self, line: Row, name: str) -> Any:
        if name not in line:
            raise missing(name, line, "[erp.odata.fields]")
        return line[name]


def _identity(document: Row) -> Hashable:
    return text(document, "Ref_Key")
