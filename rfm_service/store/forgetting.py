"""Erasing a customer: a placeholder takes the place of the person, and every total stays.

What is remembered is a keyed hash of the name and of the ERP's key, so that the next reading puts the placeholder where
the ERP still sends the name. The key of the hash stands in this store only.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from rfm_service.records import CleanDay, Header, Refused, SaleLine, to_json
from rfm_service.store.connection import transaction
from rfm_service.store.contents import seal_content

LONG_ENOUGH = 4
"""A shorter name is looked for as a whole text only, not inside of others."""

AFFECTED = "CREATE TEMP TABLE IF NOT EXISTS erased_day (day INTEGER PRIMARY KEY)"
UNUSED = "DELETE FROM {0} WHERE {0}_id NOT IN (SELECT {0}_id FROM document)"


class Customer(NamedTuple):
    """A row of `customer`; without a key of the ERP's own the key is the name."""

    customer_id: int
    key: str
    name: str

    @property
    def placeholder(self) -> str:
        """What stands for a person who was erased."""
        return f"Forgotten {self.customer_id}"


class Marks:
    """Who was erased, by the hashes of their names and keys."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._secret: bytes = b"".join(row[0] for row in store.execute("SELECT secret FROM own_secret"))
        self._names: dict[str, str] = dict(
            store.execute("SELECT mark, name FROM forgotten JOIN customer USING (customer_id)")
        )

    def __bool__(self) -> bool:
        return bool(self._names)

    def placeholder(self, text: str) -> str:
        """What to write for this name or key: itself, unless it is of somebody who was erased."""
        return self._names.get(mark_of(self._secret, text), text)

    def holds(self, value: Any) -> bool:
        """Whether a text in this JSON value is the name or the key of somebody who was erased."""
        return any(self.placeholder(text) != text for text in _texts_in(value))


def find_customers(store: sqlite3.Connection, text: str) -> list[Customer]:
    """Who is called so or has this key; else whose name holds the text. Letter case and spaces do not matter."""
    everybody = [Customer(*row) for row in store.execute("SELECT customer_id, key, name FROM customer ORDER BY name")]
    wanted = folded(text)
    exact = [one for one in everybody if wanted in {folded(one.name), folded(one.key)}]
    return exact or [one for one in everybody if wanted in folded(one.name)]


def forget(store: sqlite3.Connection, customer: Customer) -> None:
    """Erase a customer from every table, and from the free pages of the file."""
    with transaction(store):
        _mark(store, customer)
        store.execute(AFFECTED)
        store.execute("DELETE FROM erased_day")
        _erase_names(store, customer)
        _erase_raw_lines(store, customer)
        _erase_catalog(store, customer)
        for (day,) in store.execute("SELECT day FROM erased_day").fetchall():
            seal_content(store, day)
    store.execute("PRAGMA temp_store = FILE")
    store.execute("VACUUM")
    store.execute("PRAGMA temp_store = MEMORY")


def without_forgotten(clean: CleanDay, marks: Marks) -> CleanDay:
    """A day in which placeholders stand for those who were erased. Verdicts and accounts stay."""
    if not marks:
        return clean
    answer = clean.answer
    headers = {id(line.header): line.header for line in answer.lines}
    written = {key: _header_without(header, marks) for key, header in headers.items()}
    lines: list[SaleLine] = [msgspec.structs.replace(line, header=written[id(line.header)]) for line in answer.lines]
    refused = [_refused_without(line, marks) for line in answer.refused]
    return msgspec.structs.replace(clean, answer=msgspec.structs.replace(answer, lines=lines, refused=refused))


def mark_of(secret: bytes, text: str) -> str:
    """The hash that a name or a key is known by."""
    return hmac.new(secret, folded(text).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def folded(text: str) -> str:
    """A name as names are compared."""
    return " ".join(text.split()).casefold()


def _mark(store: sqlite3.Connection, customer: Customer) -> None:
    if not store.execute("SELECT 1 FROM own_secret").fetchone():
        store.execute("INSERT INTO own_secret VALUES (?)", (secrets.token_bytes(32),))
    (secret,) = store.execute("SELECT secret FROM own_secret").fetchone()
    store.executemany(
        "INSERT OR IGNORE INTO forgotten VALUES (?, ?)",
        {(mark_of(secret, text), customer.customer_id) for text in (customer.name, customer.key)},
    )


def _erase_names(store: sqlite3.Connection, customer: Customer) -> None:
    own, placeholder = customer.customer_id, customer.placeholder
    store.execute(
        "UPDATE customer SET (key, name, email, category, manager) = (?, ?, '', '', '') WHERE customer_id = ?",
        (placeholder, placeholder, own),
    )
    store.execute("INSERT OR IGNORE INTO erased_day SELECT day FROM document WHERE customer_id = ?", (own,))
    store.execute("UPDATE document SET site_id = ? WHERE customer_id = ? AND site_id <> ''", (placeholder, own))
    for table, column in (("contractor", "name"), ("address", "text")):
        _point_elsewhere(store, customer, table, column)
        store.execute(UNUSED.format(table))


def _point_elsewhere(store: sqlite3.Connection, customer: Customer, table: str, column: str) -> None:
    """His documents name the placeholder, and so do those of others that name him."""
    texts = store.execute(f"SELECT {table}_id, {column} FROM {table} WHERE {column} <> ''").fetchall()
    naming = [(row,) for row, text in texts if _names(text, customer)]
    store.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)", (customer.placeholder,))
    (new,) = store.execute(f"SELECT {table}_id FROM {table} WHERE {column} = ?", (customer.placeholder,)).fetchone()
    store.executemany(f"INSERT OR IGNORE INTO erased_day SELECT day FROM document WHERE {table}_id = ?", naming)
    store.executemany(f"UPDATE document SET {table}_id = {new} WHERE {table}_id = ?", naming)
    store.execute(
        f"UPDATE document SET {table}_id = {new} WHERE customer_id = ?"
        f" AND {table}_id IN (SELECT {table}_id FROM {table} WHERE {column} <> '')",
        (customer.customer_id,),
    )


def _erase_raw_lines(store: sqlite3.Connection, customer: Customer) -> None:
    for day, position, raw in store.execute("SELECT day, position, raw FROM quarantine").fetchall():
        if any(_names(text, customer) for text in _texts_in(_decoded(raw))):
            store.execute(
                "UPDATE quarantine SET raw = ? WHERE (day, position) = (?, ?)",
                (to_json({"": customer.placeholder}), day, position),
            )
            store.execute("INSERT OR IGNORE INTO erased_day VALUES (?)", (day,))


def _erase_catalog(store: sqlite3.Connection, customer: Customer) -> None:
    for entity, key, fields in store.execute("SELECT entity, key, fields FROM catalog_entry").fetchall():
        if key == customer.key or any(_names(text, customer) for text in _texts_in(_decoded(fields))):
            store.execute("DELETE FROM catalog_entry WHERE (entity, key) = (?, ?)", (entity, key))


def _names(text: str, customer: Customer) -> bool:
    """Whether a text is the customer's name or key, or holds the name."""
    name, found = folded(customer.name), folded(text)
    return found in {name, folded(customer.key)} or (len(name) >= LONG_ENOUGH and name in found)


def _header_without(header: Header, marks: Marks) -> Header:
    known_by = header.buyer_key or header.buyer
    if (placeholder := marks.placeholder(known_by)) != known_by:
        return msgspec.structs.replace(
            header,
            buyer=placeholder,
            buyer_key="",
            contractor=header.contractor and placeholder,
            site_id=header.site_id and placeholder,
            address=header.address and placeholder,
        )
    contractor, address = marks.placeholder(header.contractor), marks.placeholder(header.address)
    return msgspec.structs.replace(header, contractor=contractor, address=address)


def _refused_without(line: Refused, marks: Marks) -> Refused:
    value = _decoded(line.raw)
    found = next((marks.placeholder(text) for text in _texts_in(value) if marks.placeholder(text) != text), None)
    return line if found is None else msgspec.structs.replace(line, raw=to_json({"": found}))


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return text


def _texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts_in(item)
        case list():
            for item in value:
                yield from _texts_in(item)
