"""A day is replaced whole, and read back as it came."""

import sqlite3

import msgspec
import pytest

from rfm_service.cleaning.verdicts import clean
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import Account, Buyer, DayAnswer, Header, Refused, SaleLine
from rfm_service.store import ledger, verify
from rfm_service.store.quarantine import count_quarantined
from rfm_service.store.sales import SalesWriter, read_day, update_buyers

from .builders import GIFT_BELOW, MOMENT, RULES, answer, bought, contents, document, on, returned, rows, sale, write

MONDAY, TUESDAY = on("2026-11-09"), on("2026-11-10")
REFUSED = (
    Refused(Verdict.MALFORMED, "sum", 0, '{"sum": "много"}'),
    Refused(Verdict.INCOMPLETE, "quantity", 55_00, '{"quantity": null}'),
)


def full_day(day: int = MONDAY) -> DayAnswer:
    """A day that has some of everything."""
    return answer(
        day,
        sale(day, ("tea", 2000, 200_00), ("cup", 1000, 1), number="1"),
        sale(day, buyer="Boris", order="", number="2"),
        returned(day, ("tea", 1000, 100_00)),
        document(Kind.SALE, day, ("tea", 1000, 77_00), buyer="Own Ltd", number="3"),
        document(Kind.SALE, day, ("tea", 1000, 5_00), buyer="Somebody", order="", number="4"),
        refused=REFUSED,
    )


# There and back


def test_a_day_comes_back_as_it_was(store: sqlite3.Connection) -> None:
    day = full_day()
    write(store, day)
    assert read_day(store, MONDAY) == day


def test_every_field_of_a_line_comes_back(store: sqlite3.Connection) -> None:
    header = Header(Kind.SALE, "УТ-1", MONDAY, "ЗК-7", MONDAY - 3, "Ёлки", "ООО «Ёлки»", "100008", "Казань, д. 5")
    day = DayAnswer(MONDAY, [SaleLine(header, "Лента", "красная", 1_500, 45_75, "k", "f", "Шитьё")], [], "abc")
    write(store, day)
    assert read_day(store, MONDAY) == day


def test_the_lines_of_a_day_keep_their_order_when_documents_are_mixed(store: sqlite3.Connection) -> None:
    first, second = sale(MONDAY, number="1"), sale(MONDAY, number="2", buyer="Boris")
    mixed = answer(MONDAY, first, second, first)
    write(store, mixed)
    assert read_day(store, MONDAY) == mixed


def test_a_day_without_sales_is_known(store: sqlite3.Connection) -> None:
    write(store, answer(MONDAY))
    assert read_day(store, MONDAY) == answer(MONDAY)
    assert ledger.known_days(store) == 1


def test_two_equal_lines_stay_two(store: sqlite3.Connection) -> None:
    twin = ("tea", 1000, 100_00)
    write(store, answer(MONDAY, sale(MONDAY, twin, twin)))
    assert store.execute("SELECT count(*) FROM line").fetchone() == (2,)
    assert bought(store) == [(MONDAY, "A", 200_00)]


def test_two_documents_that_look_alike_stay_two(store: sqlite3.Connection) -> None:
    write(store, answer(MONDAY, sale(MONDAY), sale(MONDAY)))
    assert store.execute("SELECT count(*) FROM document").fetchone() == (2,)
    assert bought(store) == [(MONDAY, "A", 400_00)]


def test_a_product_with_another_feature_is_another_product(store: sqlite3.Connection) -> None:
    (white,) = sale(MONDAY, ("cup", 1000, 100_00))
    black = msgspec.structs.replace(white, feature="black")
    write(store, answer(MONDAY, [white, black]))
    assert [row.items for row in rows(store)] == [2]


# Categories


def of_category(name: str, day: int = MONDAY, product: str = "tea") -> DayAnswer:
    """A day with one line of a product of this category."""
    (line,) = sale(day, (product, 1000, 100_00))
    return answer(day, [msgspec.structs.replace(line, product_category=name)])


def categories(store: sqlite3.Connection) -> dict[str, str]:
    return dict(store.execute("SELECT name, product_category FROM product"))


def test_the_newest_category_of_a_product_is_kept(store: sqlite3.Connection) -> None:
    write(store, of_category("Drinks"), of_category("Tea and coffee", MONDAY + 1), of_category("Food", product="egg"))
    assert categories(store) == {"tea": "Tea and coffee", "egg": "Food"}


def test_who_knows_no_category_takes_none_away(store: sqlite3.Connection) -> None:
    write(store, of_category("Drinks"))
    write(store, of_category("", MONDAY + 1))
    assert categories(store) == {"tea": "Drinks"}


def test_another_category_is_no_correction_of_sales(store: sqlite3.Connection) -> None:
    write(store, of_category("Drinks"), of_category("Tea and coffee"))
    assert categories(store) == {"tea": "Tea and coffee"}
    for table in ("sync_change", "changed_document"):
        assert store.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


# Replacing


def test_replacing_a_day_leaves_nothing_of_the_old_one(store: sqlite3.Connection) -> None:
    write(store, full_day())
    new = answer(MONDAY, sale(MONDAY, ("coffee", 1000, 30_00), buyer="Clara", order="C"))
    write(store, new)
    assert read_day(store, MONDAY) == new
    assert [(row.buyer, row.amount) for row in rows(store)] == [("Clara", 30_00)]
    for table in ("quarantine", "return_match"):
        assert store.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert ledger.accounts(store, MONDAY) == [Account(Kind.SALE, Verdict.ACCEPTED, 1, 30_00)]


def test_a_day_can_become_empty(store: sqlite3.Connection) -> None:
    write(store, full_day(), answer(MONDAY))
    assert (rows(store), ledger.accounts(store, MONDAY)) == ([], [])
    assert store.execute("SELECT count(*) FROM document").fetchone() == (0,)


def test_writing_a_day_twice_changes_nothing(store: sqlite3.Connection) -> None:
    write(store, full_day())
    before = contents(store)
    write(store, full_day())
    assert contents(store) == before


def test_another_day_is_not_touched(store: sqlite3.Connection) -> None:
    other = full_day(TUESDAY)
    write(store, full_day(), other)
    queries = [
        f"SELECT * FROM {table} WHERE day = {TUESDAY} ORDER BY 1, 2, 3"
        for table in ("document", "line", "quarantine", "ledger", "day_account")
    ]
    before = [store.execute(query).fetchall() for query in queries]
    write(store, answer(MONDAY, sale(MONDAY, buyer="Clara")))
    assert [store.execute(query).fetchall() for query in queries] == before
    assert read_day(store, TUESDAY) == other


def test_a_document_that_moved_to_another_day_is_counted_once(store: sqlite3.Connection) -> None:
    write(store, answer(MONDAY, sale(MONDAY)))
    write(store, answer(TUESDAY, sale(TUESDAY)), answer(MONDAY))
    assert bought(store) == [(TUESDAY, "A", 200_00)]


# Ledger and accounts


def test_the_accounts_of_a_day(store: sqlite3.Connection) -> None:
    write(store, full_day())
    assert ledger.accounts(store, MONDAY) == [
        Account(0, Verdict.INCOMPLETE, 1, 55_00),
        Account(0, Verdict.MALFORMED, 1, 0),
        Account(Kind.SALE, Verdict.ACCEPTED, 2, 400_00),
        Account(Kind.SALE, Verdict.GIFT, 1, 1),
        Account(Kind.SALE, Verdict.OWN_COMPANY, 1, 77_00),
        Account(Kind.SALE, Verdict.ANONYMOUS, 1, 5_00),
        Account(Kind.RETURN, Verdict.ACCEPTED, 1, 100_00),
    ]
    assert verify.unbalanced_days(store) == []


def test_the_ledger_row_of_a_day(store: sqlite3.Connection) -> None:
    day = full_day()
    write(store, day)
    stamp = "2026-11-20T02:00:00Z"
    assert ledger.entries(store, MONDAY, MONDAY) == {
        MONDAY: ledger.Entry(True, 8, 637_01, day.sha256, RULES.fingerprint, stamp, stamp, 6, 637_01 - 55_00)
    }


def test_questions_to_the_ledger(store: sqlite3.Connection) -> None:
    assert (ledger.known_days(store), ledger.newest_day(store), count_quarantined(store)) == (0, None, 0)
    write(store, full_day(TUESDAY), full_day(MONDAY))
    assert (ledger.known_days(store), ledger.newest_day(store), count_quarantined(store)) == (2, TUESDAY, 4)
    assert list(ledger.entries(store, TUESDAY, TUESDAY + 1)) == [TUESDAY]


def test_confirming_a_day_moves_only_the_time_it_was_fetched(store: sqlite3.Connection) -> None:
    write(store, full_day(MONDAY), full_day(TUESDAY))
    ledger.confirm(store, [TUESDAY], MOMENT.replace(hour=3))
    assert store.execute("SELECT day, fetched_at, changed_at FROM ledger ORDER BY day").fetchall() == [
        (MONDAY, "2026-11-20T02:00:00Z", "2026-11-20T02:00:00Z"),
        (TUESDAY, "2026-11-20T03:00:00Z", "2026-11-20T02:00:00Z"),
    ]


# All or nothing


@pytest.mark.parametrize(
    "broken",
    [
        answer(MONDAY, sale(MONDAY, ("coffee", 1000, 30_00), ("coffee", 1000, 10**19), buyer="Clara")),
        answer(MONDAY, sale(MONDAY, buyer="Clara"), refused=[Refused(Verdict.MALFORMED, "sum", 10**19, "")]),
        msgspec.structs.replace(answer(MONDAY, sale(MONDAY, buyer="Clara")), sha256="\ud800"),
    ],
    ids=["in the lines", "in the quarantine", "in the ledger, which is written last"],
)
def test_a_crash_inside_leaves_the_old_day_whole(store: sqlite3.Connection, broken: DayAnswer) -> None:
    write(store, full_day(), answer(TUESDAY, returned(TUESDAY, ("tea", 1000, 100_00))))
    before = contents(store)
    with pytest.raises((sqlite3.IntegrityError, OverflowError, UnicodeEncodeError)):
        SalesWriter(store, GIFT_BELOW).replace_day(clean(broken, RULES), MOMENT)
    assert not store.in_transaction
    assert contents(store) == before
    assert verify.wrong_orders(store, GIFT_BELOW) == 0


# Cards


def test_cards_are_put_on_customers_who_bought(store: sqlite3.Connection) -> None:
    write(store, full_day())
    update_buyers(store, [Buyer("Boris", "b@example.com", "retail"), Buyer("Nobody", "n@example.com", "")])
    cards = store.execute("SELECT name, email, category FROM customer WHERE email <> ''").fetchall()
    assert cards == [("Boris", "b@example.com", "retail")]
    assert store.execute("SELECT count(*) FROM customer WHERE name = 'Nobody'").fetchone() == (0,)


def test_a_card_outlives_a_new_version_of_the_day(store: sqlite3.Connection) -> None:
    write(store, full_day())
    update_buyers(store, [Buyer("Boris", "b@example.com", "retail")])
    write(store, answer(MONDAY), full_day())
    assert store.execute("SELECT email FROM customer WHERE name = 'Boris'").fetchone() == ("b@example.com",)
