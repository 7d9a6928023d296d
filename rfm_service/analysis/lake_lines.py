"""Lines of a lake: checked, completed and numbered, so that `goods_lines` and `net_orders` can read them.

docs/scale.md says what the columns are; an export has all of them.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

import pyarrow as pa
from pyarrow import types

from rfm_service.engines import Engine
from rfm_service.errors import FileUnusable
from rfm_service.kinds import Kind, Link, Verdict

ROOM = 1 << 32
"""More than there are documents on a day, or orders of a customer."""


class Column(NamedTuple):
    """What a column must be, in types and in words."""

    fits: Callable[[pa.DataType], bool]
    wanted: str
    needed: bool = False


def _is_text(form: pa.DataType) -> bool:
    return bool(types.is_string(form) or types.is_large_string(form) or types.is_string_view(form))


def _is_id(form: pa.DataType) -> bool:
    return bool(types.is_integer(form)) or _is_text(form)


ID = "whole numbers or text"
WHOLE = "whole numbers"
COLUMNS = {
    "day": Column(types.is_date, "dates: CAST(day AS DATE)", needed=True),
    "customer_id": Column(_is_id, ID, needed=True),
    "product_id": Column(_is_id, ID, needed=True),
    "document_key": Column(_is_text, "text: CAST(document_key AS STRING)", needed=True),
    "quantity": Column(types.is_integer, "thousandths: CAST(ROUND(quantity * 1000) AS BIGINT)", needed=True),
    "amount": Column(types.is_integer, "kopecks: CAST(ROUND(amount * 100) AS BIGINT)", needed=True),
    "kind": Column(_is_text, "text"),
    "verdict": Column(_is_text, "text"),
    "position": Column(types.is_integer, WHOLE),
    "document_id": Column(types.is_integer, WHOLE),
    "order_id": Column(_is_id, ID),
    "base_key": Column(_is_text, "text"),
    "link": Column(_is_text, "text"),
    "customer_key": Column(_is_text, "text"),
    "customer": Column(_is_text, "text"),
    "product": Column(_is_text, "text"),
    "product_category": Column(_is_text, "text"),
}


def read_lines(engine: Engine, place: str, select: str) -> int:
    """Make `lines` known to the engine, out of Parquet files; how many were left out because something is missing.

    select: a query of the table `lake` that gives the columns; "" where the files have them. Raises FileUnusable.
    """
    engine.read_files("given_lines", place, select or "SELECT * FROM lake")
    given = engine.run("SELECT * FROM given_lines LIMIT 0").schema
    if mistakes := list(_mistakes(given)):
        raise FileUnusable("{0} holds no lines of sales:{1}", place, "".join(f"\n  {text}" for text in mistakes))
    shaped = _Shaped(given)
    engine.derive("shaped_lines", shaped.as_sql(), view=True)
    for name in shaped.text_ids:
        engine.derive(f"{name}_numbers", shaped.numbers_as_sql(name))
    engine.derive("lines", shaped.numbered_as_sql(), view=shaped.is_numbered)
    (left_out,) = engine.run(f"SELECT COUNT(*) AS n FROM shaped_lines WHERE NOT ({shaped.complete})").to_pylist()
    return int(left_out["n"])


def _mistakes(given: pa.Schema) -> Iterator[str]:
    for name, column in COLUMNS.items():
        if name not in given.names:
            if column.needed:
                yield f"there is no column {name}: {column.wanted}"
        elif not column.fits(given.field(name).type):
            yield f"{name} is {given.field(name).type}, and must be {column.wanted}"


WORDS = {"kind", "verdict", "link"}
TEXTS = ("document_key", "base_key", "customer_key", "customer", "product", "product_category")


class _Shaped:
    """The SQL that makes `lines` of columns that are given or not, of whole numbers or of text."""

    def __init__(self, given: pa.Schema) -> None:
        self._given = set(given.names)
        self._texts = {name for name in self._given & COLUMNS.keys() if _is_text(given.field(name).type)}
        self.text_ids = [name for name in ("customer_id", "product_id") if name in self._texts]
        self._has_order_numbers = "order_id" in self._given - self._texts
        self.is_numbered = self._has_order_numbers and not self.text_ids and {"position", "document_id"} <= self._given
        needed = [name for name, column in COLUMNS.items() if column.needed or name in WORDS]
        ordered = [f"(kind <> {Kind.SALE:d} OR order_name <> 0)"] if self._has_order_numbers else []
        self.complete = " AND ".join([f"shaped_lines.{name} IS NOT NULL" for name in needed] + ordered)

    def as_sql(self) -> str:
        """Every column, words as numbers, names as they are."""
        by_sign = "kind" not in self._given
        back = f"CASE WHEN quantity < 0 OR amount < 0 THEN {Kind.RETURN:d} ELSE {Kind.SALE:d} END"
        kind = back if by_sign else _number_of("kind", Kind)
        named = self._or("base_key", "''")
        columns = {
            "day": "CAST(day - DATE '1970-01-01' AS BIGINT)",
            "customer_id": "customer_id",
            "product_id": "product_id",
            "document_key": "document_key",
            "quantity": "ABS(quantity)" if by_sign else "quantity",
            "amount": "ABS(amount)" if by_sign else "amount",
            "kind": kind,
            "verdict": _number_of("verdict", Verdict) if "verdict" in self._given else f"{Verdict.ACCEPTED:d}",
            "base_key": f"COALESCE({named}, '')",
            "link": _number_of("link", Link) if "link" in self._given else _link_of(named),
            "order_name": self._order_name(kind),
            "customer_key": self._or("customer_key", "CAST(customer_id AS STRING)"),
            "customer": self._or("customer", "CAST(customer_id AS STRING)"),
            "product": self._or("product", "CAST(product_id AS STRING)"),
            "product_category": "COALESCE(product_category, '')" if "product_category" in self._given else "''",
        } | {name: name for name in ("position", "document_id") if name in self._given}
        return f"SELECT {_listed(columns)} FROM given_lines"

    def numbered_as_sql(self) -> str:
        """The complete ones, everything as whole numbers but keys and names; a text is its place in their order."""
        ids = {name: self._id(name) for name in ("customer_id", "product_id")}
        orders = "PARTITION BY shaped_lines.customer_id ORDER BY order_name"
        documents = "PARTITION BY day ORDER BY document_key, order_name, base_key, kind"
        wholes = {
            "day": "day",
            **ids,
            "order_id": self._order_id(ids["customer_id"], orders),
            "document_id": self._or("document_id", f"day * {ROOM} + DENSE_RANK() OVER ({documents})"),
            "position": self._or(
                "position", f"ROW_NUMBER() OVER ({documents}, shaped_lines.product_id, quantity, amount)"
            ),
        } | {name: name for name in ("quantity", "amount", "kind", "verdict", "link")}
        columns = {name: f"CAST({value} AS BIGINT)" for name, value in wholes.items()}
        columns |= {name: name for name in TEXTS}
        joins = "".join(
            f" INNER JOIN {name}_numbers ON shaped_lines.{name} = {name}_numbers.{name}" for name in self.text_ids
        )
        return f"SELECT {_listed(columns)} FROM shaped_lines{joins} WHERE {self.complete}"

    def numbers_as_sql(self, name: str) -> str:
        """A number for each text of this column, in their order."""
        return (
            f"SELECT {name}, CAST(ROW_NUMBER() OVER (ORDER BY {name}) AS BIGINT) AS number"
            f" FROM (SELECT DISTINCT {name} FROM shaped_lines WHERE {self.complete}) AS known"
        )

    def _or(self, name: str, otherwise: str) -> str:
        return name if name in self._given else otherwise

    def _id(self, name: str) -> str:
        return f"{name}_numbers.number" if name in self.text_ids else f"shaped_lines.{name}"

    def _order_name(self, kind: str) -> str:
        if self._has_order_numbers:
            return "COALESCE(order_id, 0)"
        own = f"CASE WHEN {kind} = {Kind.SALE:d} THEN CONCAT('document ', document_key) ELSE '' END"
        return f"COALESCE(NULLIF(order_id, ''), {own})" if "order_id" in self._given else own

    def _order_id(self, customer: str, orders: str) -> str:
        if self._has_order_numbers:
            return "order_name"
        return f"CASE WHEN order_name = '' THEN 0 ELSE {customer} * {ROOM} + DENSE_RANK() OVER ({orders}) END"


def _number_of(column: str, words: type[IntEnum]) -> str:
    cases = " ".join(f"WHEN '{word.name.lower()}' THEN {word:d}" for word in words)
    return f"CASE {column} {cases} END"


def _link_of(named: str) -> str:
    return f"CASE WHEN COALESCE({named}, '') <> '' THEN {Link.HEADER:d} ELSE {Link.NONE:d} END"


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{value} AS {name}" for name, value in columns.items())
