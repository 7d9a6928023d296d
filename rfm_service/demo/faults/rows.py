"""The rows inside an answer of either protocol, to be changed and put back."""

from collections.abc import Callable, Iterable

import msgspec

from rfm_service.demo.documents import FIELDS
from rfm_service.demo.hs import answer_of, rows_of
from rfm_service.demo.protocol import Answer, Row, Rows, Usual

DATES = (FIELDS.date, "Period", "Date")
NUMBERS = (FIELDS.sale_id, "Number")
SUMS = (FIELDS.sum, "СуммаВыручки", "СуммаСНДС")
QUANTITIES = (FIELDS.quantity,)
OPERATIONS = (FIELDS.cash_flow_type,)

Change = Callable[[Row], Row]


def with_rows(usual: Usual, change: Callable[[Rows], Rows]) -> Answer:
    """The usual answer with other rows; unchanged if there are none in it: a refusal, a count, a single object."""
    answer = usual()
    if answer.status != 200 or not answer.content_type.startswith("application/json"):
        return answer
    envelope = msgspec.json.decode(answer.body, type=Row)
    if "value" in envelope:
        envelope["value"] = change(envelope["value"])
        return msgspec.structs.replace(answer, body=msgspec.json.encode(envelope))
    return answer_of(change(rows_of(answer))) if "data" in envelope else answer


def every_row(usual: Usual, change: Change) -> Answer:
    """The usual answer with a change made to every row and, in documents, to those of tabular parts."""
    return with_rows(usual, lambda rows: _changed(rows, change))


def first_row(usual: Usual, change: Change) -> Answer:
    """The usual answer with a change made to the first row only."""
    return with_rows(usual, lambda rows: _changed(rows[:1], change) + rows[1:])


def with_values(columns: Iterable[str], value: Callable[[object], object]) -> Change:
    """A change of the values in some columns, where a row has them."""
    return lambda row: row | {name: value(row[name]) for name in columns if row.get(name) is not None}


def with_names(columns: Iterable[str], name: Callable[[str], str]) -> Change:
    """A change of the names of some columns."""
    names = {column: name(column) for column in columns}
    return lambda row: {names.get(column, column): value for column, value in row.items()}


def _changed(rows: Rows, change: Change) -> Rows:
    return [change({name: _deeper(value, change) for name, value in row.items()}) for row in rows]


def _deeper(value: object, change: Change) -> object:
    return _changed(value, change) if isinstance(value, list) else value
