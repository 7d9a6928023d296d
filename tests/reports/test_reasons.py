"""The words for a movement: every cause with every measure, in both languages, as a manager reads them."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rfm_service.clock import day_of
from rfm_service.kinds import Kind
from rfm_service.locales import Language
from rfm_service.records import Cause, Evidence, to_json
from rfm_service.reports.reasons import Move, documents_told, move_of, reason, segment_name
from tests.conftest import PROJECT
from tests.house.test_house import HEAVY

from .builders import make_facts

UP = {
    "recency": (89, 91, 90),
    "frequency": (8, 9, 9),
    "monetary": (280_000_00, 310_000_00, 300_000_00),
    "order_interval": (30, 45, 40),
    "two_month_sum": (90_000_00, 120_000_00, 100_000_00),
}
DOWN = {
    "recency": (140, 1, 90),
    "frequency": (9, 8, 9),
    "monetary": (310_000_00, 290_000_00, 300_000_00),
    "order_interval": (45, 22, 40),
    "two_month_sum": (120_000_00, 90_000_00, 100_000_00),
}
STILL = {
    "recency": (95, 95, 90),
    "frequency": (9, 9, 10),
    "monetary": (280_000_00, 280_000_00, 300_000_00),
    "order_interval": (45, 45, 40),
    "two_month_sum": (90_000_00, 90_000_00, 100_000_00),
}
GROWING = {
    (Cause.BOUGHT, "frequency"), (Cause.BOUGHT, "monetary"), (Cause.BOUGHT, "two_month_sum"),
    (Cause.SILENT, "recency"), (Cause.SILENT, "order_interval"), (Cause.LEFT_HORIZON, "order_interval"),
    (Cause.RETURNED, "recency"), (Cause.RETURNED, "order_interval"), (Cause.CORRECTED, "frequency"),
    (Cause.CORRECTED, "recency"),
}  # fmt: skip
"""Where a cause makes a measure greater; elsewhere the sentence is of one that fell."""


def day(*values: int) -> int:
    return day_of(date(*values))


DOCUMENTS = {
    Cause.BOUGHT: Evidence(Kind.SALE, "УТ-0911", day(2026, 11, 19), 30_000_00),
    Cause.SILENT: Evidence(Kind.SALE, "УТ-0640", day(2026, 8, 21), 12_000_00),
    Cause.LEFT_HORIZON: Evidence(Kind.SALE, "УТ-0012", day(2025, 11, 14), 8_000_00),
    Cause.RETURNED: Evidence(Kind.RETURN, "УТ-В007", day(2026, 11, 18), 4_000_00),
    Cause.CORRECTED: Evidence(Kind.SALE, "УТ-0777", day(2026, 10, 3), 8_000_00, 12_000_00),
}


def move(cause: Cause, measure: str = "", *documents: Evidence, before: str = "loyal", after: str = "risk") -> Move:
    """A movement whose measure went the way that its cause takes it."""
    values = STILL if cause is Cause.BORDER else UP if (cause, measure) in GROWING else DOWN
    return Move(before, after, cause, measure, *values.get(measure, (0, 0, 0)), list(documents))


def told(move: Move, language: str) -> str:
    """The sentence, with plain blanks."""
    return reason(move, 365, Language(language)).replace("\N{NO-BREAK SPACE}", " ")


def sentences() -> dict[tuple[str, str], tuple[str, str]]:
    """sentences.txt: cause and measure ("-": none), the sentence in English, in Russian."""
    blocks = (Path(__file__).parent / "sentences.txt").read_text("utf-8").split("\n\n")
    lines = [block.strip().split("\n") for block in blocks]
    return {(head.split()[0], head.split()[1].strip("-")): (english, russian) for head, english, russian in lines}


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("measure", [*UP, ""])
def test_every_cause_with_every_measure_is_a_sentence(cause: Cause, measure: str) -> None:
    documents = [DOCUMENTS[cause]] if cause in DOCUMENTS else []
    moved = move(cause, measure, *documents)
    assert (told(moved, "en"), told(moved, "ru")) == sentences()[cause, measure]


@pytest.mark.parametrize(
    ("cause", "english", "russian"),
    [
        (
            Cause.BOUGHT,
            "First order within 365 days: a purchase on 19 Nov 2026 for 30,000 ₽",
            "Первый заказ за 365 дней: покупка 19.11.2026 на 30 000 ₽",
        ),
        (
            Cause.CORRECTED,
            "Now with orders within 365 days: a document of 3 Oct 2026 was changed in the ERP from 12,000 ₽ to 8,000 ₽",
            "Появились заказы за 365 дней: в 1С исправлен документ от 03.10.2026, было 12 000 ₽, стало 8 000 ₽",
        ),
    ],
)
def test_who_had_no_purchases_before(cause: Cause, english: str, russian: str) -> None:
    moved = move(cause, "", DOCUMENTS[cause], before="")
    assert (told(moved, "en"), told(moved, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("cause", "english", "russian"),
    [
        (
            Cause.LEFT_HORIZON,
            "No orders are left: an order of 14 Nov 2025 grew older than 365 days",
            "Заказов не осталось: заказ от 14.11.2025 вышел за пределы 365 дней",
        ),
        (
            Cause.RETURNED,
            "No orders are left: a return on 18 Nov 2026 of 4,000 ₽",
            "Заказов не осталось: возврат 18.11.2026 на 4 000 ₽",
        ),
        (
            Cause.CORRECTED,
            "No orders are left: a document of 3 Oct 2026 was changed in the ERP from 12,000 ₽ to 8,000 ₽",
            "Заказов не осталось: в 1С исправлен документ от 03.10.2026, было 12 000 ₽, стало 8 000 ₽",
        ),
    ],
)
def test_who_has_none_any_more(cause: Cause, english: str, russian: str) -> None:
    moved = move(cause, "frequency", DOCUMENTS[cause], after="")
    assert (told(moved, "en"), told(moved, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("cause", "english", "russian"),
    [
        (
            Cause.BOUGHT,
            "2 purchases for 60,000 ₽",
            "2 покупки на 60 000 ₽",
        ),
        (
            Cause.SILENT,
            "The last order was on 21 Aug 2026 for 12,000 ₽",
            "Последний заказ был 21.08.2026 на 12 000 ₽",
        ),
        (
            Cause.LEFT_HORIZON,
            "2 orders grew older than 365 days",
            "2 заказа вышли за пределы 365 дней",
        ),
        (
            Cause.RETURNED,
            "2 returns of 8,000 ₽",
            "2 возврата на 8 000 ₽",
        ),
        (
            Cause.CORRECTED,
            "2 documents were corrected in the ERP",
            "В 1С исправлены 2 документа",
        ),
    ],
)
def test_of_several_documents_the_number_is_told(cause: Cause, english: str, russian: str) -> None:
    moved = move(cause, "", *[DOCUMENTS[cause]] * 2)
    assert (told(moved, "en"), told(moved, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("cause", "english", "russian"),
    [
        (
            Cause.BOUGHT,
            "Frequency grew from 8 to 9 orders, the border is 9: there were new purchases",
            "Заказов было 8, стало 9 (граница — 9): были новые покупки",
        ),
        (
            Cause.SILENT,
            "Frequency fell from 9 to 8 orders, the border is 9: there were no new orders",
            "Заказов было 9, осталось 8 (граница — 9): новых заказов не было",
        ),
        (
            Cause.LEFT_HORIZON,
            "Frequency fell from 9 to 8 orders, the border is 9: former orders grew older than 365 days",
            "Заказов было 9, осталось 8 (граница — 9): прежние заказы вышли за пределы 365 дней",
        ),
        (
            Cause.RETURNED,
            "Frequency fell from 9 to 8 orders, the border is 9: goods were returned",
            "Заказов было 9, осталось 8 (граница — 9): вернул товар",
        ),
        (
            Cause.CORRECTED,
            "Frequency grew from 8 to 9 orders, the border is 9: the past was corrected in the ERP",
            "Заказов было 8, стало 9 (граница — 9): в 1С исправили прошлые документы",
        ),
    ],
)
def test_without_documents_the_cause_is_told(cause: Cause, english: str, russian: str) -> None:
    moved = move(cause, "frequency")
    assert (told(moved, "en"), told(moved, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("document", "english", "russian"),
    [
        (
            Evidence(Kind.SALE, "1", day(2026, 10, 3), 8_000_00, 0),
            "A document of 3 Oct 2026 for 8,000 ₽ was added in the ERP",
            "В 1С добавлен документ от 03.10.2026 на 8 000 ₽",
        ),
        (
            Evidence(Kind.SALE, "1", day(2026, 10, 3), 0, 12_000_00),
            "A document of 3 Oct 2026 for 12,000 ₽ was removed in the ERP",
            "В 1С удалён документ от 03.10.2026 на 12 000 ₽",
        ),
        (
            Evidence(Kind.CORRECTION, "1", day(2026, 10, 3), -4_000_00),
            "A correction on 3 Oct 2026 by -4,000 ₽",
            "Корректировка 03.10.2026 на -4 000 ₽",
        ),
    ],
)
def test_what_was_corrected(document: Evidence, english: str, russian: str) -> None:
    moved = move(Cause.CORRECTED, "", document)
    assert (told(moved, "en"), told(moved, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("value", "russian"),
    [
        (1, "Заказов нет уже 1 день (граница — 1)"),
        (2, "Заказов нет уже 2 дня (граница — 1)"),
        (5, "Заказов нет уже 5 дней (граница — 1)"),
        (11, "Заказов нет уже 11 дней (граница — 1)"),
        (121, "Заказов нет уже 121 день (граница — 1)"),
    ],
)
def test_russian_counts_its_days(value: int, russian: str) -> None:
    assert told(Move("loyal", "risk", Cause.SILENT, "recency", 0, value, 1), "ru") == russian


def test_kopecks_are_told_where_roubles_would_look_equal() -> None:
    moved = Move("growing", "promising", Cause.RETURNED, "monetary", 300_010_00, 299_999_60, 300_000_00)
    assert told(moved, "en") == (
        "Purchases fell from 300,010.00 ₽ to 299,999.60 ₽, the border is 300,000.00 ₽: goods were returned"
    )


@pytest.mark.parametrize(
    ("before", "after", "english"),
    [
        (0, 30, "Orders come every 30 days now, the border is 40: there were new purchases"),
        (30, 0, "No interval between orders any more, the border is 40: there were new purchases"),
    ],
)
def test_one_order_has_no_interval(before: int, after: int, english: str) -> None:
    assert told(Move("a", "b", Cause.BOUGHT, "order_interval", before, after, 40), "en") == english


def test_a_measure_that_stood_still_is_told_as_it_is() -> None:
    moved = Move("a", "b", Cause.CORRECTED, "frequency", 9, 9, 9)
    assert told(moved, "en") == "The customer has 9 orders, the border is 9: the past was corrected in the ERP"


def test_documents_that_have_nothing_to_do_with_the_cause_are_not_taken_for_it() -> None:
    moved = move(Cause.BOUGHT, "", DOCUMENTS[Cause.RETURNED], DOCUMENTS[Cause.BOUGHT], DOCUMENTS[Cause.CORRECTED])
    assert told(moved, "en") == "A purchase on 19 Nov 2026 for 30,000 ₽"


def test_the_documents_are_told_one_by_one() -> None:
    papers = [*DOCUMENTS.values(), Evidence(Kind.CORRECTION, "", day(2026, 10, 4), -500_00)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in documents_told(papers[3:], Language("ru"))] == [
        "Возврат № УТ-В007 от 18.11.2026: 4 000 ₽",
        "Реализация № УТ-0777 от 03.10.2026: 8 000 ₽ вместо 12 000 ₽",
        "Корректировка от 04.10.2026: -500 ₽",
    ]
    assert documents_told(papers, Language("en"))[-1] == "and 3 more"


def test_the_words_are_light_enough_for_the_parent() -> None:
    code = "import sys, rfm_service.reports.reasons; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert HEAVY & set(loaded.stdout.split()) == set()


def test_a_row_of_the_table_becomes_a_movement() -> None:
    paper = DOCUMENTS[Cause.BOUGHT]
    row = {
        "customer_id": 1, "before": "", "after": "newcomers", "cause": "bought", "measure": "frequency",
        "value_before": 0, "value_after": 1, "border": 1, "documents": to_json([paper]),
    }  # fmt: skip
    assert move_of(row) == Move("", "newcomers", Cause.BOUGHT, "frequency", 0, 1, 1, [paper])
    assert move_of({**row, "documents": ""}).documents == []


@pytest.mark.parametrize(
    ("key", "name"), [("risk", "Зона риска"), ("", "Без покупок"), ("of_last_year", "of_last_year")]
)
def test_a_segment_is_told_by_its_title(key: str, name: str) -> None:
    assert segment_name(make_facts(), key, Language("ru")) == name
