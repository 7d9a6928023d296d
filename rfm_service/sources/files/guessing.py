"""A mapping for a file that was never seen: columns by names that the ready mappings know, forms by what is there."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from rfm_service.errors import FileUnusable
from rfm_service.records import DayAnswer
from rfm_service.sources import values
from rfm_service.sources.files import cells
from rfm_service.sources.files.mapping import FIELDS, PRICE, REQUIRED, FileForm, Mapping, ValueForm
from rfm_service.sources.files.rows import Rows, folded, places_of
from rfm_service.sources.files.tables import opened_table
from rfm_service.sources.lines import LineReader

LOOKED_AT = 1000
DEEPEST_HEAD = 20
MOST_OF = 4
"""So many columns are known: this is the row of names."""

TIMES = ("", " %H:%M", " %H:%M:%S")
DATES = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y")
FORMS = ("iso", *(date + time for date in DATES for time in TIMES), "%Y-%m-%d %H:%M:%S UTC", "excel", "unix")
ONE_GROUP = re.compile(r"(?<![\d.,])(?<!\d\s)[1-9]\d{0,2}[.,]\d{3}(?![\d.,])")
"""Twenty thousand, or twenty and three decimals: 20,510."""

MADE_UP = {"sale_id": "{buyer} {day}", "quantity": "1", "product": ""}
"""What stands for a column that is not there: a document a day and customer, of one piece."""
USUAL = Mapping(
    {
        "date": [
            *("order date", "order_date", "invoice date", "invoice_date", "sale date", "sale_date", "shop_date"),
            *(
                "transaction_date",
                "transaction_dt",
                "order_purchase_timestamp",
                "created_at",
                "created at",
                "timestamp",
            ),
            *("order_ts", "sold_at", "дата продажи", "дата заказа"),
        ],
        "sale_id": [
            *("order id", "order_id", "basket_id", "transaction_id", "invoice_id", "receipt_id", "number"),
            *(
                "order number",
                "order_number",
                "order #",
                "order no",
                "order",
                "receipt",
                "receipt no",
                "document",
                "doc",
            ),
            *("чек", "номер чека", "№ чека", "номер заказа", "№ заказа", "накладная", "номер накладной"),
        ],
        "buyer": [
            *("customer_unique_id", "customer_id", "cust_code", "household_key", "client_id", "buyer_id"),
            *("customer", "client", "customer name", "customer_name", "email", "фио", "заказчик"),
        ],
        "product": ["product id", "prod_code", "sku", "item_id", "product name", "product_name", "item"],
        "product_category": ["category", "category_name", "product_category_name", "department", "commodity_desc"],
        "quantity": ["qty", "units", "quantity_sold"],
        "sum": ["sales", "sales_value", "sales_price", "spend", "revenue", "total", "total_amount", "amount"],
        PRICE: ["unit price", "unit_price"],
    }
)
"""Names that other programs and published data use. They are asked last."""


class Look(NamedTuple):
    """The beginning of a file."""

    form: FileForm
    columns: list[str]
    lines: list[Sequence[Any]]


class Guess(NamedTuple):
    """A proposal. `missing`: fields that are needed and have no column; `unused`: columns that are not read.

    `doubts`: what a person should look at.
    """

    mapping: Mapping
    missing: list[str]
    unused: list[str]
    doubts: list[str]

    def as_toml(self, name: str) -> str:
        """The text of a mapping file."""
        mapping = self.mapping
        tables: dict[str, dict[str, Any]] = {
            "columns": mapping.columns,
            "texts": mapping.texts,
            "file": _changed(mapping.file, FileForm()),
            "values": _changed(mapping.values, ValueForm()),
            "operations": msgspec.structs.asdict(mapping.operations) if mapping.operations else {},
        }
        text = f"# Proposed for {name}; docs/import.md explains every key.\n"
        text += f"# Columns that are not read: {', '.join(self.unused) or '-'}\n"
        text += "".join(f"# Look at this: {doubt}\n" for doubt in self.doubts)
        text += f"\nonly = {_written(mapping.only)}\n" if mapping.only else ""
        for title, entries in tables.items():
            own = [f"{field} = {_written(value)}" for field, value in entries.items()]
            own += [f'# {field} = "?"    # needed: which column is it?' for field in self.missing if title == "columns"]
            text += "\n".join(["", f"[{title}]", *own, ""]) if own else ""
        return text


def guess(path: Path, ready: Sequence[Mapping], zone: ZoneInfo, newest: int) -> Guess:
    """The ready mapping that fits and knows most of the columns, or else what its columns seem to be.

    Raises FileUnusable when the file cannot be read at all.
    """
    known = [*ready, USUAL]
    look = _look(path, known)
    fitting = [mapping for mapping in ready if _fits(mapping, look.columns, path, zone, newest)]
    base = max(fitting, key=lambda mapping: len(_named([mapping], look.columns)), default=Mapping({}))
    columns = _named([base] if fitting else known, look.columns)
    if "sum" in columns:
        columns.pop(PRICE, None)
    texts = base.texts if fitting else {name: text for name, text in MADE_UP.items() if name not in columns}
    form, doubts = _value_form(base.values, look, columns, zone, newest)
    if "sale_id" in texts and not fitting:
        doubts.append("no column seems to be the number of a document: what a customer bought on a day is one")
    mapping = msgspec.structs.replace(base, columns=columns, texts=texts, file=look.form, values=form)
    given = {*columns, *texts}
    missing = [name for name in REQUIRED if name not in given] + ([] if given & {"sum", PRICE} else ["sum"])
    read = {name for name in columns.values() if isinstance(name, str)}
    return Guess(mapping, missing, [name for name in look.columns if name not in read], doubts)


def first_lines(path: Path, mapping: Mapping, reader: LineReader, newest: int, count: int) -> Iterator[DayAnswer]:
    """The first lines as they are read, each as a day of its own. Raises FileUnusable."""
    with opened_table(path, mapping.file) as table:
        rows = Rows(mapping, table.columns, path, reader.zone, newest)
        wanted = (numbered for numbered in enumerate(table.rows, 1) if rows.wanted(numbered[1]))
        for number, line in islice(wanted, count):
            day, row = rows.row(line, number)
            yield reader.sort_out(day, [msgspec.Raw(row)])


def _look(path: Path, known: Sequence[Mapping]) -> Look:
    """The beginning below the row of names, which is the one with most names that are known."""
    best, most, first_error = None, -1, None
    for header in range(1, DEEPEST_HEAD + 1):
        try:
            look = _look_below(path, header)
        except FileUnusable as error:
            first_error = first_error or error
            continue
        if (count := len(_named(known, look.columns))) > most:
            best, most = look, count
        if most >= MOST_OF:
            break
    if best is None:
        raise first_error or FileUnusable("{0} is empty. Nothing was imported.", path.name)
    return best


def _look_below(path: Path, header: int) -> Look:
    with opened_table(path, FileForm(header=header)) as table:
        return Look(table.form, table.columns, list(islice(table.rows, LOOKED_AT)))


def _fits(mapping: Mapping, columns: list[str], path: Path, zone: ZoneInfo, newest: int) -> bool:
    try:
        Rows(mapping, columns, path, zone, newest)
    except FileUnusable:
        return False
    return True


def _named(mappings: Sequence[Mapping], columns: Sequence[str]) -> dict[str, str | list[str]]:
    """The column of each field that one of the mappings knows a name for."""
    places = places_of(columns)
    found: dict[str, str | list[str]] = {}
    for field in (*FIELDS, PRICE):
        names = (name for mapping in mappings for name in mapping.names_of(field))
        if (place := next((places[name] for name in map(folded, names) if name in places), None)) is not None:
            found[field] = columns[place]
    return found


def _value_form(
    base: ValueForm, look: Look, columns: dict[str, str | list[str]], zone: ZoneInfo, newest: int
) -> tuple[ValueForm, list[str]]:
    """How values are written, and what of it nothing in the file tells."""
    places = {field: look.columns.index(str(name)) for field, name in columns.items()}

    def written(*fields: str) -> list[Any]:
        own = [places[field] for field in fields if field in places]
        return [line[place] for line in look.lines for place in own if place < len(line) and line[place]]

    dates = written("date")
    date = _date_forms(base, dates, zone, newest)
    sums, pieces = ([cell for cell in written(*of) if isinstance(cell, str)] for of in (("sum", PRICE), ("quantity",)))
    decimal, doubts = _decimal_form(sums, pieces)
    swapped = date.replace("%d/%m/", "%m/%d/") if isinstance(date, str) else ""
    if swapped and swapped != date and not _unread(base, dates, swapped, zone, newest):
        doubts.append(f'is the day before the month in {json.dumps(str(dates[0]))}? If not: date = "{swapped}"')
    return msgspec.structs.replace(base, date=date, decimal=decimal or base.decimal), doubts


def _decimal_form(sums: Sequence[str], pieces: Sequence[str]) -> tuple[Literal["", ".", ","], list[str]]:
    """The decimal sign. Where nothing tells, sums are rather thousands than of three decimals; pieces the reverse."""
    decimal = _decimal_of([*sums, *pieces])
    sum_in_doubt, pieces_in_doubt = (next(filter(ONE_GROUP.search, own), "") for own in (sums, pieces))
    doubts = []
    if sum_in_doubt and not decimal:
        decimal = cells.OTHER_SIGN[_sign_in(sum_in_doubt)]
        doubts.append(_thousands_or_decimals(sum_in_doubt, decimal))
    if pieces_in_doubt:
        decimal = decimal or _sign_in(pieces_in_doubt)
        doubts.append(_thousands_or_decimals(pieces_in_doubt, decimal))
    return decimal, doubts


def _sign_in(number: str) -> Literal[".", ","]:
    return "," if "," in number else "."


def _thousands_or_decimals(number: str, decimal: str) -> str:
    now, otherwise = ("three decimals", "thousands") if decimal in number else ("thousands", "three decimals")
    other = cells.OTHER_SIGN[decimal]
    return f'{json.dumps(number)} is read as one with {now}; if it has {otherwise}: decimal = "{other}"'


def _date_forms(base: ValueForm, written: Sequence[Any], zone: ZoneInfo, newest: int) -> str | list[str]:
    """The form that reads most of the dates, the first of equals; then the one for most of the rest, and so on."""
    forms: list[str] = []
    while written:
        unread = {form: _unread(base, written, form, zone, newest) for form in FORMS}
        best = min(FORMS, key=lambda form: len(unread[form]))
        if len(unread[best]) == len(written):
            break
        forms.append(best)
        written = unread[best]
    return forms if len(forms) > 1 else next(iter(forms), "iso")


def _unread(base: ValueForm, written: Sequence[Any], form: str, zone: ZoneInfo, newest: int) -> list[Any]:
    days = cells.Days(msgspec.structs.replace(base, date=form), zone, newest)
    return [cell for cell in written if days[cell] == values.NOT_GIVEN]


def _decimal_of(written: Sequence[str]) -> Literal["", ".", ","]:
    """The sign that most of the numbers have before their decimals; nothing where none of them tells."""
    votes = Counter(sign for text in written if (sign := _decimal_in(text)))
    if not votes:
        return ""
    return "," if votes[","] > votes["."] else "."


def _decimal_in(text: str) -> str:
    """The last separator of a number that has both, the other one where one stands twice, else the only one.

    Nothing where it may as well set thousands apart: 20,510.
    """
    signs = [sign for sign in text if sign in ",."]
    if not signs or ONE_GROUP.search(text):
        return ""
    stands_twice = len(signs) > 1 and len({*signs}) == 1
    return cells.OTHER_SIGN[signs[0]] if stands_twice else signs[-1]


def _changed(form: msgspec.Struct, default: msgspec.Struct) -> dict[str, Any]:
    usual = msgspec.structs.asdict(default)
    return {name: value for name, value in msgspec.structs.asdict(form).items() if value != usual[name]}


def _written(value: str | int | list[str]) -> str:
    """A value as TOML has it, whose texts and lists are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
