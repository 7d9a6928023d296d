"""Whatever stands in a field: a day, or a sentence."""

from collections.abc import Iterator
from typing import Any

import pytest

from rfm_service.demo.protocol import Fault
from rfm_service.errors import RfmError

from .builders import CATEGORIES, PARTNERS, PRODUCTS, REGISTER, RETURNS, SALES, Stage, about, odata_at, when, with_rows
from .test_what_changes_a_day import DAY, book

HOSTILE: list[Any] = [
    None, "", 0, -1.5, True, [], [1], {}, {"Номер": 1}, "\x00", "я" * 2000, "'); DROP", 10**30, "0001-01-01T00:00:00",
]  # fmt: skip
READ = {
    REGISTER: [
        "Period", "Recorder", "Recorder_Type", "LineNumber", "Active", "АналитикаУчетаПоПартнерам_Key",
        "АналитикаУчетаНоменклатуры_Key", "ЗаказКлиента", "ЗаказКлиента_Type", "ХозяйственнаяОперация", "Количество",
        "СуммаВыручки",
    ],
    SALES: ["Ref_Key", "Number", "Date", "Posted", "Партнер_Key", "Контрагент_Key", "Товары", "Услуги"],
    RETURNS: ["Ref_Key", "Number", "ДокументРеализации", "ДокументРеализации_Type", "ЧекККМ_Key", "Товары"],
    PARTNERS: ["Ref_Key", "Description", "ИдНаСайте", "КонтактнаяИнформация", "ОсновнойМенеджер_Key"],
    PRODUCTS: ["Ref_Key", "Description", "ТоварнаяКатегория_Key"],
    CATEGORIES: ["Ref_Key", "Description"],
    "Document_ЗаказКлиента": ["Ref_Key", "Number", "Date"],
}  # fmt: skip
FIELDS = [(entity, field) for entity, fields in READ.items() for field in fields]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A server with a few documents."""
    stage = Stage(book())
    with stage.server:
        yield stage


def having(field: str, value: object) -> Fault:
    """Every row has this value in this field."""
    return with_rows(lambda rows: [row | {field: value} for row in rows])


@pytest.mark.parametrize(("entity", "field"), FIELDS)
def test_a_hostile_value(stage: Stage, entity: str, field: str) -> None:
    for value in HOSTILE:
        stage.plan = when(about(entity), having(field, value))
        for mode in ("register", "documents"):
            source = odata_at(stage.server.odata_url, mode=mode)
            try:
                answer = source.fetch_day(DAY)
                source.fetch_buyers(DAY, DAY, {line.header.buyer_key for line in answer.lines})
            except RfmError as error:
                assert str(error)
            else:
                assert answer.received <= 7
