"""Documents with their tabular parts: sales, returns, corrections, orders.

1C's own attributes are never null: a line without a quantity or a sum has 0 there, a document without a number "". The
figures of sales, returns and orders are positive, those of corrections signed.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from zlib import crc32

import msgspec

from rfm_service.demo.documents import CORRECTION, Document, Line, moment, number_of
from rfm_service.demo.keys import NO_KEY, key_of
from rfm_service.demo.odata.filters import Row
from rfm_service.demo.odata.refs import reference
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import (
    COMPANY,
    DIVISION,
    WAREHOUSE,
    World,
    contractor_key,
    feature_key,
    product_key,
)
from rfm_service.kinds import Kind

SALES = "Document_РеализацияТоваровУслуг"
RETURNS = "Document_ВозвратТоваровОтКлиента"
CORRECTIONS = "Document_КорректировкаРеализации"
ORDERS = "Document_ЗаказКлиента"

ENTITIES = {Kind.SALE: SALES, Kind.RETURN: RETURNS, Kind.CORRECTION: CORRECTIONS}
"""Where a document of a kind is found."""

SERVICES = ("Доставка", "Услуга", "Теплица")
"""What is sold as a service: a greenhouse comes with its assembly."""

NET_PRICES_EVERY = 5
VAT = 20


def sales(world: World, wanted: Wanted) -> Iterator[Row]:
    """Sales of every sort; goods and services apart. Every fifth has prices without VAT."""
    for document, posted in _documents(world, wanted, Kind.SALE):
        goods = [line for line in document.lines if not line.product.startswith(SERVICES)]
        services = [line for line in document.lines if line.product.startswith(SERVICES)]
        yield (
            _header(world, document, posted)
            | reference("ЗаказКлиента", document.order_key, ORDERS)
            | {"АдресДоставки": document.address, "Товары": _rows(document, goods), "Услуги": _rows(document, services)}
        )


def returns(world: World, wanted: Wanted) -> Iterator[Row]:
    """Returns. The sale is known by the row, by the header, or not."""
    for document, posted in _documents(world, wanted, Kind.RETURN):
        rows = _rows(document, document.lines)
        bases = (reference("ДокументРеализации", line.base_key, SALES) for line in document.lines)
        yield (
            _header(world, document, posted)
            | reference("ЗаказКлиента", document.order_key, ORDERS)
            | reference("ДокументРеализации", document.base_key, SALES)
            | {"ЧекККМ_Key": NO_KEY, "ЗаявкаНаВозвратТоваровОтКлиента_Key": NO_KEY}
            | {"Товары": [row | base for row, base in zip(rows, bases, strict=True)]}
        )


def corrections(world: World, wanted: Wanted) -> Iterator[Row]:
    """Corrections: signed differences from the sale they are based on."""
    for document, posted in _documents(world, wanted, Kind.CORRECTION):
        yield (
            _header(world, document, posted)
            | reference("ДокументОснование", document.base_key, SALES)
            | {"Расхождения": _rows(document, document.lines)}
        )


def orders(world: World, wanted: Wanted) -> Iterator[Row]:
    """Customers' orders, as far as sales name them."""
    for key, documents in world.orders.items():
        first = documents[0]
        if wanted.key(key) and wanted.day(first.order_day):
            shipped = [line for document in documents if document.kind is Kind.SALE for line in document.lines]
            yield _header(world, first, True) | {
                "Ref_Key": key,
                "Number": first.order_number,
                "Date": moment(first.order_day, 0),
                "СуммаДокумента": number_of(sum(line.amount or 0 for line in shipped), 100),
                "Товары": _rows(first, shipped, key),
            }


DOCUMENTS: dict[str, Callable[[World, Wanted], Iterator[Row]]] = {
    SALES: sales,
    RETURNS: returns,
    CORRECTIONS: corrections,
    ORDERS: orders,
}


def operation_of(document: Document) -> str:
    """The name of the operation in 1C's enumeration: its words run together."""
    if document.operation == CORRECTION:
        return "КорректировкаПоСогласованиюСторон"
    return "".join(word[:1].upper() + word[1:] for word in document.operation.split())


def _documents(world: World, wanted: Wanted, kind: Kind) -> Iterator[tuple[Document, bool]]:
    """Documents of a kind, and whether they are posted."""
    for document in _posted(world, wanted):
        if document.kind is kind and wanted.day(document.day):
            yield document, True
    for draft in world.book.drafts.values():
        if draft.kind is kind and wanted.day(draft.day) and wanted.key(draft.key):
            yield draft, False


def _posted(world: World, wanted: Wanted) -> Iterator[Document]:
    if wanted.keys is not None:
        yield from filter(None, map(world.book.find, sorted(wanted.keys)))
        return
    for day in world.book.days:
        if wanted.day(day):
            yield from world.book.of_day(day)


def _header(world: World, document: Document, posted: bool) -> Row:
    return {
        "Ref_Key": document.key,
        "DataVersion": b64encode(crc32(msgspec.json.encode(document)).to_bytes(8, "big")).decode(),
        "DeletionMark": False,
        "Number": document.number,
        "Date": moment(document.day, document.second),
        "Posted": posted,
        "Партнер_Key": document.buyer_key,
        "Контрагент_Key": contractor_key(document.contractor),
        "Организация_Key": COMPANY,
        "Подразделение_Key": DIVISION,
        "Склад_Key": WAREHOUSE,
        "Менеджер_Key": world.manager_of(document.buyer_key),
        "ХозяйственнаяОперация": operation_of(document),
        "ЦенаВключаетНДС": _prices_hold_vat(document),
        "НалогообложениеНДС": "ПродажаОблагаетсяНДС",
        "Валюта_Key": key_of("currency", "RUB"),
        "СуммаДокумента": number_of(document.amount, 100),
    }


def _rows(document: Document, lines: list[Line] | tuple[Line, ...], owner: str = "") -> list[Row]:
    gross = _prices_hold_vat(document)
    return [_row(owner or document.key, place, line, gross) for place, line in enumerate(lines, 1)]


def _row(owner: str, place: int, line: Line, gross: bool) -> Row:
    quantity, amount = line.quantity or 0, line.amount or 0
    vat = round(amount * VAT / (100 + VAT))
    shown = amount if gross else amount - vat
    return {
        "Ref_Key": owner,
        "LineNumber": str(place),
        "Номенклатура_Key": product_key(line.product),
        "Характеристика_Key": feature_key(line.product, line.feature),
        "Количество": number_of(quantity, 1000),
        "КоличествоУпаковок": number_of(quantity, 1000),
        "Цена": number_of(round(shown * 1000 / quantity), 100) if quantity else 0,
        "Сумма": number_of(shown, 100),
        "СтавкаНДС": "НДС20",
        "СуммаНДС": number_of(vat, 100),
        "СуммаСНДС": number_of(amount, 100),
        "КодСтроки": str(place),
    }


def _prices_hold_vat(document: Document) -> bool:
    return int(document.key[:8], 16) % NET_PRICES_EVERY > 0
