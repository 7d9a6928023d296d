"""Which sale a return or a correction is about."""

from collections.abc import Sequence
from typing import NamedTuple

from rfm_service.kinds import Link
from rfm_service.settings import ODataDocument, ODataFields
from rfm_service.sources import values
from rfm_service.sources.odata.wire import Row, ref, table, text

RECEIPT = "Document_ЧекККМ"


class Base(NamedTuple):
    """The key of a sale, and where it was found."""

    key: str
    link: Link


NO_BASE = Base("", Link.NONE)


class Bases:
    """The sales that one document is about: of its lines, where they say it, else of its header."""

    def __init__(self, header: Base, lines: Sequence[Row], kind: ODataDocument, fields: ODataFields) -> None:
        self.header = header
        self._kind = kind
        self._fields = fields
        self._lines: dict[tuple[str, str], list[Row]] = {}
        for line in lines:
            self._lines.setdefault(self._goods(line), []).append(line)

    def of_goods(self, product: str, feature: str, quantity: values.Number, number: str) -> Base:
        """The base of a register's row: of the line with these goods, best with this quantity and number, used once."""
        lines = self._lines.get((product, feature), [])
        if not lines:
            return self.header
        wanted = _size(quantity)
        alike = [
            (_size(line.get(self._fields.quantity)) != wanted, text(line, "LineNumber") != number) for line in lines
        ]
        nearest = alike.index(min(alike))
        return self.of_line(lines.pop(nearest) if len(lines) > 1 else lines[nearest])

    def of_line(self, line: Row) -> Base:
        """The base of a line of the document."""
        own = ref(line, self._kind.base)
        return Base(own.key, Link.ROW) if own.key else self.header

    def _goods(self, line: Row) -> tuple[str, str]:
        return ref(line, self._fields.product).key, ref(line, self._fields.feature).key


def bases_of(document: Row, kind: ODataDocument, fields: ODataFields) -> Bases:
    """The bases of a document with its header and, if it takes back, its lines."""
    lines = [line for part in kind.parts for line in table(document, part)] if kind.kind == "return" else []
    return Bases(_of_header(document, kind), lines, kind, fields)


def _size(quantity: values.Number) -> int:
    try:
        return abs(values.scaled(quantity, 1000) or 0)
    except (ValueError, TypeError):
        return 0


def _of_header(document: Row, kind: ODataDocument) -> Base:
    base, receipt = ref(document, kind.base), ref(document, kind.receipt, RECEIPT)
    if base.key and not base.entity.startswith(RECEIPT):
        return Base(base.key, Link.HEADER)
    key = base.key or receipt.key
    return Base(key, Link.RECEIPT) if key else NO_BASE
