"""The book: what 1C would say of it, and how it is corrected."""

import pytest
from msgspec.structs import replace

from rfm_service.demo.book import Book
from rfm_service.demo.documents import CORRECTION, EMPTY_DATE, NO_DAY, RETURN, Card, Line
from rfm_service.kinds import Kind

from .builders import CUP, FRIDAY, RIBBON, sale


def test_a_line_on_the_wire() -> None:
    assert Book([sale(FRIDAY, RIBBON)]).wire_lines(FRIDAY) == [
        {
            "ДатаРегистратора": "2026-11-20T10:05:07",
            "НомерРегистратора": "УТ-000001",
            "ДатаЗаказаКлиента": "2026-11-19T00:00:00",
            "НомерЗаказаКлиента": "УТ-000077",
            "Партнер": 'ООО "Ёлки"',
            "Контрагент": 'ООО "Ёлки"',
            "ИдНаСайте": 100_008,
            "Номенклатура": "Лента, м",
            "Характеристика": "",
            "Количество": 1.5,
            "Сумма": 45.75,
            "АдресДоставки": "г. Казань, ул. Мира, д. 5",
            "ХозяйственнаяОперация": "Реализация клиенту",
            "ТоварнаяКатегория": "",
        }
    ]


def test_what_is_not_given_on_the_wire() -> None:
    bare = sale(FRIDAY, Line("Кружка", "", None, None), number="", order_number="", order_day=NO_DAY, site_id=None)
    (line,) = Book([bare]).wire_lines(FRIDAY)
    assert line["ДатаЗаказаКлиента"] == EMPTY_DATE == "0001-01-01T00:00:00+00:00"
    assert line["НомерЗаказаКлиента"] == ""
    assert [line[name] for name in ("НомерРегистратора", "ИдНаСайте", "Количество", "Сумма")] == [None] * 4


def test_a_return_is_known_by_its_operation_and_its_sums_are_positive() -> None:
    back = sale(operation=RETURN)
    assert back.kind is Kind.RETURN
    assert Book([back]).wire_lines(FRIDAY)[0]["Сумма"] == 290


def test_a_document_posted_again_with_another_sum() -> None:
    book = Book([sale(), sale(number="УТ-000002")])
    first, _ = book.of_day(FRIDAY)
    book.repost(first, replace(first, lines=(RIBBON,)))
    assert [document.amount for document in book.of_day(FRIDAY)] == [290_00, 45_75]


def test_a_document_moves_to_another_day() -> None:
    book = Book([sale()])
    book.repost(sale(), sale(FRIDAY - 60))
    assert book.days == [FRIDAY - 60]


def test_a_document_is_removed_once() -> None:
    book = Book([sale(), sale()])
    book.remove(sale())
    assert list(book.documents) == [sale()]


def test_a_document_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="not in"):
        Book([sale()]).remove(sale(FRIDAY, CUP, CUP))


def test_cards_of_those_who_bought_between_two_days() -> None:
    ivanov, petrov = Card("ИП Иванов", "i@x.example", "Опт"), Card("ИП Петров", "", "Розница")
    book = Book([sale(FRIDAY, buyer="ИП Иванов"), sale(FRIDAY + 1, buyer="ИП Петров")], [ivanov, petrov])
    assert book.buyers_between(FRIDAY, FRIDAY) == [ivanov]
    assert book.buyers_between(FRIDAY, FRIDAY + 1) == [ivanov, petrov]
    assert book.buyers_between(FRIDAY + 2, FRIDAY + 9) == []


# Keys


def test_a_document_keeps_its_key_whatever_happens_to_it() -> None:
    first = sale()
    moved = Book([first]).repost(first, replace(first, number="УТ-000009", day=FRIDAY - 60, lines=(RIBBON,)))
    assert moved.key == first.key
    assert sale(number="УТ-000009").key != first.key


def test_a_document_written_anew_takes_the_key_of_the_one_it_replaces() -> None:
    book = Book([sale()])
    assert book.repost(sale(), sale(FRIDAY - 1, number="УТ-000009")).key == sale().key
    assert book.find(sale().key) == next(book.documents)


def test_what_is_not_in_the_book_is_not_found() -> None:
    book = Book([sale()])
    book.remove(sale())
    assert book.find(sale().key) is None
    assert book.find("") is None


# Totals


def test_the_control_total_of_a_day() -> None:
    lower = sale(FRIDAY, Line("Кружка", "", 0, -5_00), operation=CORRECTION)
    bare = sale(FRIDAY, Line("Кружка", "", 1_000, None))
    book = Book([sale(FRIDAY, CUP, RIBBON), sale(FRIDAY, RIBBON, operation=RETURN), lower, bare])
    assert book.total(FRIDAY) == (5, 285_00)
    assert book.total(FRIDAY + 1) == (0, 0)


# Edits


def test_a_draft_is_in_no_total_until_it_is_posted_again() -> None:
    book = Book([sale()])
    book.unpost(sale())
    assert book.total(FRIDAY) == (0, 0)
    assert list(book.drafts.values()) == [sale()]
    book.post(sale())
    assert book.total(FRIDAY) == (1, 290_00)
    assert book.drafts == {}


def test_a_renamed_buyer_is_the_same_buyer() -> None:
    elki, petrov = Card('ООО "Ёлки"', "i@x.example", "Опт"), Card("ИП Петров", "", "Розница")
    book = Book([sale(), sale(FRIDAY + 1, buyer="ИП Петров"), sale(FRIDAY + 2)], [elki, petrov])
    book.rename(elki.key, "ТД Ёлки")
    assert [document.buyer for document in book.documents] == ["ТД Ёлки", "ИП Петров", "ТД Ёлки"]
    assert [(card.name, card.key) for card in book.buyers] == [("ТД Ёлки", elki.key), ("ИП Петров", petrov.key)]
    assert book.buyers_between(FRIDAY, FRIDAY) == [book.buyers[0]]
    assert {line["Партнер"] for line in book.wire_lines(FRIDAY)} == {"ТД Ёлки"}


def test_the_base_is_restored_from_a_copy() -> None:
    elki = Card('ООО "Ёлки"', "", "")
    book = Book([sale(), sale(FRIDAY + 1)], [elki])
    book.write(sale(number="Ч-1"))
    copy = book.copy()
    book.rename(elki.key, "ТД Ёлки")
    book.post(sale(FRIDAY + 2))
    for document in list(book.documents)[:2]:
        book.remove(document)
    book.restore(copy)
    assert list(book.documents) == [sale(), sale(FRIDAY + 1)]
    assert (book.buyers, list(book.drafts.values())) == ((elki,), [sale(number="Ч-1")])
    assert book.find(sale().key) == sale()
    book.remove(sale())
    assert copy.days == [FRIDAY, FRIDAY + 1]
