"""Cards of buyers, as different services send them."""

import json

import pytest

from rfm_service.errors import BadAnswer
from rfm_service.records import Buyer

from .builders import FRIDAY, erp_at
from .wire import Wire, answer, says

ELKI = {"Партнер": "Ёлки", "ЭлектроннаяПочта": "zakaz@elki.example", "Категория": "Опт"}


def fetch(body: bytes) -> list[Buyer]:
    """The cards in this answer."""
    with Wire(says(answer(body))) as wire:
        return erp_at(wire.url).fetch_buyers(FRIDAY, FRIDAY, ())


def cards(*rows: object) -> list[Buyer]:
    return fetch(json.dumps(rows).encode())


def test_a_card() -> None:
    assert cards(ELKI) == [Buyer("Ёлки", "zakaz@elki.example", "Опт")]


def test_a_manager_may_be_there() -> None:
    assert cards(ELKI | {"Менеджер": "Иванов И."}, ELKI | {"Менеджер": None}) == [
        Buyer("Ёлки", "zakaz@elki.example", "Опт", "Иванов И."),
        Buyer("Ёлки", "zakaz@elki.example", "Опт"),
    ]


def test_what_is_not_given_is_empty() -> None:
    assert cards(ELKI | {"ЭлектроннаяПочта": None, "Категория": ""}) == [Buyer("Ёлки", "", "")]


def test_texts_are_clean() -> None:
    assert cards({"Партнер": " Е\u0308лки\n", "ЭлектроннаяПочта": "a@b\x00", "Категория": "\u202eОпт"}) == [
        Buyer("Ёлки", "a@b", "Опт")
    ]


def test_a_card_without_a_name_is_left_out() -> None:
    assert cards(ELKI | {"Партнер": None}, ELKI, ELKI | {"Партнер": ""}) == [Buyer("Ёлки", "zakaz@elki.example", "Опт")]


def test_blank_signs_are_no_name() -> None:
    assert cards(ELKI | {"Партнер": " \u200b"}) == []


def test_a_column_more_does_not_matter() -> None:
    assert cards(ELKI | {"Город": "Казань"}) == [Buyer("Ёлки", "zakaz@elki.example", "Опт")]


@pytest.mark.parametrize("value", [7, True, [], {}])
def test_a_column_more_that_is_no_text_does_not_matter(value: object) -> None:
    assert cards(ELKI | {"ИдНаСайте": value}) == [Buyer("Ёлки", "zakaz@elki.example", "Опт")]


@pytest.mark.parametrize("broken", [7, "Ёлки", [], {}, {"Партнер": "Ёлки"}, ELKI | {"Партнер": 7}])
def test_cards_of_another_shape(broken: object) -> None:
    assert cards(ELKI, broken) == [Buyer("Ёлки", "zakaz@elki.example", "Опт")]
    with pytest.raises(BadAnswer, match=r"^The buyers' cards cannot be read \(.*\)\. Check \[erp\.buyer_fields\]\.$"):
        cards(broken, broken)


def test_cards_in_another_encoding() -> None:
    assert fetch(json.dumps([ELKI], ensure_ascii=False).encode("cp1251")) == [
        Buyer("Ёлки", "zakaz@elki.example", "Опт")
    ]
