"""The register of sales: a row per line of a document, signed, and what else a real one holds.

A draft's movements are there as inactive rows, and on the last day of a month its closing adds rows that only cost.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rfm_service.clock import date_of, day_of
from rfm_service.demo.documents import Document, Line, moment, number_of
from rfm_service.demo.keys import key_of
from rfm_service.demo.odata.documents import ENTITIES, ORDERS, VAT, operation_of
from rfm_service.demo.odata.filters import Row
from rfm_service.demo.odata.refs import reference
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import DIVISION, WAREHOUSE, World, counterpart_key, goods_key

REGISTER = "AccumulationRegister_ВыручкаИСебестоимостьПродаж"
RECORDS = f"{REGISTER}_RecordType"
TURNOVER: Row = {"КоличествоTurnover": 0, "СуммаВыручкиTurnover": 0}
"""The fields of the virtual table."""

CLOSING = "Document_ЗакрытиеМесяца"
CLOSING_ROWS = 3
LAST_SECOND = 86_399
COST_SHARE = 70


def records(world: World, wanted: Wanted) -> Iterator[Row]:
    """The rows of days or of recorders."""
    for day in filter(wanted.day, world.book.days):
        for document in world.book.of_day(day):
            if wanted.key(document.key):
                yield from _movements(world, document, active=True)
        yield from _closing(world, day, wanted)
    for draft in world.book.drafts.values():
        if wanted.day(draft.day) and wanted.key(draft.key):
            yield from _movements(world, draft, active=False)


def turnovers(world: World, start: str, end: str) -> list[Row]:
    """One row: sums of the active rows between two moments, both included; no row where there are none."""
    days = Wanted(day_of(datetime.fromisoformat(start)), day_of(datetime.fromisoformat(end)))
    rows = [row for row in records(world, days) if row["Active"] and start <= row["Period"] <= end]
    quantity = sum(round(row["Количество"] * 1000) for row in rows)
    amount = sum(round(row["СуммаВыручки"] * 100) for row in rows)
    sums = {"КоличествоTurnover": number_of(quantity, 1000), "СуммаВыручкиTurnover": number_of(amount, 100)}
    return [sums] if rows else []


def _movements(world: World, document: Document, *, active: bool) -> Iterator[Row]:
    for place, line in enumerate(document.lines, 1):
        amount = document.sign * (line.amount or 0)
        yield _record(world, document, line) | {
            "LineNumber": str(place),
            "Active": active,
            "Количество": number_of(document.sign * (line.quantity or 0), 1000),
            "СуммаВыручки": number_of(amount, 100),
            "СуммаВыручкиБезНДС": number_of(amount - round(amount * VAT / (100 + VAT)), 100),
            "Стоимость": number_of(amount * COST_SHARE // 100, 100),
        }


def _record(world: World, document: Document, line: Line) -> Row:
    entity = ENTITIES[document.kind]
    return {
        "Period": moment(document.day, document.second),
        **reference("Recorder", document.key, entity),
        "LineNumber": "",
        "Active": True,
        "Сторно": False,
        "АналитикаУчетаНоменклатуры_Key": goods_key(line),
        "АналитикаУчетаПоПартнерам_Key": counterpart_key(document),
        **reference("ЗаказКлиента", document.order_key, ORDERS),
        "Подразделение_Key": DIVISION,
        "Менеджер_Key": world.manager_of(document.buyer_key),
        "Соглашение_Key": key_of("agreement", document.buyer_key),
        **reference("Склад", WAREHOUSE, "Catalog_Склады"),
        **reference("ДокументДвижения", document.key, entity),
        "ХозяйственнаяОперация": operation_of(document),
        "ТипЗапасов": "Товар",
    }


def _closing(world: World, day: int, wanted: Wanted) -> Iterator[Row]:
    """What the closing of the month adds to the costs of a few lines."""
    key = key_of("closing", day)
    if (date_of(day) + timedelta(days=1)).day != 1 or not wanted.key(key):
        return
    lines = [(document, line) for document in world.book.of_day(day) for line in document.lines]
    for place, (document, line) in enumerate(lines[:CLOSING_ROWS], 1):
        yield (
            _record(world, document, line)
            | reference("Recorder", key, CLOSING)
            | reference("ДокументДвижения", key, CLOSING)
            | {"Period": moment(day, LAST_SECOND), "LineNumber": str(place)}
            | {"ХозяйственнаяОперация": "РасчетСебестоимостиТоваров"}
            | {"Количество": 0, "СуммаВыручки": 0, "СуммаВыручкиБезНДС": 0, "Стоимость": 12.5 * place}
        )
