"""What is believed of an answer, and what is not."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rfm_service.errors import AnswerTooHeavy, BadAnswer, ErpUnavailable
from rfm_service.kinds import Verdict
from rfm_service.records import Change, DayAnswer, Refused
from rfm_service.store import ledger, suspects, verify
from rfm_service.sync.reading import judge_again
from tests.store.builders import GIFT_BELOW, RULES, answer, bought

from .builders import IN_MEMORY, MONDAY, Erp, HandClock, bill, held, opened, read, sealed

WEEK = range(MONDAY, MONDAY + 7)
BAD = BadAnswer("a web page")


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    """A new store."""
    with opened(IN_MEMORY) as store:
        yield store


def shop(lines: int = 30) -> Erp:
    """A week of sales, a document of so many lines every day."""
    return Erp({day: [bill(day, f"{day}", lines)] for day in WEEK})


def truth(erp: Erp) -> dict[int, DayAnswer]:
    return {day: erp.truth(day) for day in WEEK}


def assert_equal(store: sqlite3.Connection, erp: Erp) -> None:
    """The store is what the ERP says, and sealed."""
    assert held(store, WEEK) == truth(erp)
    assert sealed(store) == set(WEEK)
    assert not suspects.suspects(store)
    assert verify.wrong_orders(store, GIFT_BELOW) == 0
    assert ledger.unbalanced_days(store) == []


# A bad answer


def test_a_bad_answer_is_asked_for_again_at_the_end(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies[MONDAY + 2] = [BAD]
    tally = read(store, erp, WEEK)
    assert erp.asked == [*WEEK, MONDAY + 2]
    assert tally.unread == {}
    assert_equal(store, erp)


def test_a_day_that_stays_bad_does_not_stop_the_others(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies[MONDAY + 2] = [BAD, BAD]
    tally = read(store, erp, WEEK)
    assert {day: str(error) for day, error in tally.unread.items()} == {MONDAY + 2: f"2026-11-11 was not read. {BAD}"}
    assert sealed(store) == set(WEEK) - {MONDAY + 2}
    assert held(store, [MONDAY + 2]) == {MONDAY + 2: None}


def test_a_known_day_that_goes_bad_keeps_its_data_and_is_due_again(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.lies[MONDAY] = [BAD, BAD]
    read(store, erp, WEEK)
    assert held(store, WEEK) == truth(erp)
    assert ledger.unsealed_days(store) == [MONDAY]
    read(store, erp, WEEK)
    assert_equal(store, erp)


def test_three_bad_answers_in_a_row_are_no_accident(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies = {day: [BadAnswer(f"bad {day}")] for day in WEEK[1:4]}
    with pytest.raises(BadAnswer, match=f"bad {WEEK[1]}"):
        read(store, erp, WEEK)
    assert erp.asked == list(WEEK[:4])
    assert sealed(store) == {MONDAY}


def test_bad_answers_with_good_ones_between_are_accidents(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies = {day: [BAD] for day in (*WEEK[0:2], *WEEK[3:5])}
    read(store, erp, WEEK)
    assert_equal(store, erp)


def test_what_was_read_before_the_erp_went_away_is_stored(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK[:2])
    erp.lies[WEEK[4]] = [ErpUnavailable("gone")]
    clock = HandClock()
    clock.pass_hours(1)
    with pytest.raises(ErpUnavailable):
        read(store, erp, WEEK, clock)
    assert sealed(store) == set(WEEK[:4])
    assert ledger.entries(store, MONDAY, MONDAY)[MONDAY].fetched_at == "2026-11-20T03:00:00Z"  # confirmed all the same


# A day that shrank


@pytest.mark.parametrize("lines", [0, 1, 20])
def test_a_day_that_shrank_too_much_is_held(store: sqlite3.Connection, lines: int) -> None:
    erp, clock = shop(), HandClock()
    before = truth(erp)
    read(store, erp, WEEK, clock)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", lines)]
    for _ in range(3):
        assert read(store, erp, WEEK, clock).held == [MONDAY]
        assert held(store, WEEK) == before
        assert ledger.unsealed_days(store) == [MONDAY]
        clock.pass_hours(1.9)
    clock.pass_hours(1)
    assert read(store, erp, WEEK, clock).held == []
    assert_equal(store, erp)


def test_a_day_that_shrank_a_little_is_believed_the_second_time(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", 22)]
    erp.asked.clear()
    tally = read(store, erp, WEEK)
    assert erp.asked == [*WEEK, MONDAY]
    assert tally.corrected == [Change(MONDAY, 0, 1, 0, 3_000_00, 2_200_00)]
    assert_equal(store, erp)


def test_a_day_that_lost_its_money_is_held(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", 30, amount=60_00)]
    assert read(store, erp, WEEK).held == [MONDAY]


def test_a_small_day_may_shrink_but_not_vanish(store: sqlite3.Connection) -> None:
    erp = shop(lines=20)
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", 1)]
    erp.days[MONDAY + 1] = []
    assert read(store, erp, WEEK).held == [MONDAY + 1]
    assert held(store, [MONDAY]) == {MONDAY: erp.truth(MONDAY)}


def test_many_small_days_that_shrink_at_once_are_held(store: sqlite3.Connection) -> None:
    """A base restored from a copy, or rights that were cut."""
    erp = shop(lines=10)
    read(store, erp, WEEK)
    erp.days = {day: [bill(day, f"{day}", 5)] for day in WEEK}
    assert read(store, erp, WEEK).held == list(WEEK)
    assert held(store, WEEK) == {day: answer(day, bill(day, f"{day}", 10)) for day in WEEK}


def test_an_answer_that_keeps_changing_while_it_shrinks_is_held(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", 28)]
    erp.lies[MONDAY] = [answer(MONDAY, bill(MONDAY, f"{MONDAY}", 29))]
    assert read(store, erp, WEEK).held == [MONDAY]


def test_a_held_day_that_comes_back_is_forgiven(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.lies[MONDAY] = [answer(MONDAY), answer(MONDAY)]
    assert read(store, erp, WEEK).held == [MONDAY]
    read(store, erp, WEEK)
    assert_equal(store, erp)


def test_another_shrunk_answer_starts_the_wait_anew(store: sqlite3.Connection) -> None:
    erp, clock = shop(), HandClock()
    read(store, erp, WEEK, clock)
    for lines in (5, 4):
        erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", lines)]
        assert read(store, erp, WEEK, clock).held == [MONDAY]
        clock.pass_hours(5)
    assert read(store, erp, WEEK, clock).held == [MONDAY]
    clock.pass_hours(1)
    assert read(store, erp, WEEK, clock).held == []


def test_an_accepted_answer_is_taken_at_once(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = []
    read(store, erp, WEEK)
    assert suspects.accept(store, MONDAY)
    assert read(store, erp, WEEK).held == []
    assert_equal(store, erp)


def test_accepting_is_of_one_answer_and_not_of_the_day(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", 5)]
    read(store, erp, WEEK)
    suspects.accept(store, MONDAY)
    erp.days[MONDAY] = []
    assert read(store, erp, WEEK).held == [MONDAY]


def test_nothing_can_be_accepted_where_nothing_is_held(store: sqlite3.Connection) -> None:
    assert not suspects.accept(store, MONDAY)


# A day without sales


def test_a_new_day_without_sales_is_asked_for_twice(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies[MONDAY] = [answer(MONDAY)]
    read(store, erp, WEEK)
    assert_equal(store, erp)


def test_a_day_without_sales_where_there_always_are_some_is_not_sealed_yet(store: sqlite3.Connection) -> None:
    mondays = [MONDAY + 7 * week for week in range(6)]
    erp, clock = Erp({day: [bill(day, f"{day}")] for day in mondays if day != mondays[3]}), HandClock()
    read(store, erp, mondays, clock)
    assert ledger.unsealed_days(store) == [mondays[3]]
    read(store, erp, mondays, clock)
    assert ledger.unsealed_days(store) == [mondays[3]]
    clock.pass_hours(6)
    read(store, erp, mondays, clock)
    assert ledger.unsealed_days(store) == []


def test_a_day_that_never_has_sales_is_sealed_at_once(store: sqlite3.Connection) -> None:
    sundays = [MONDAY + 6 + 7 * week for week in range(6)]
    read(store, Erp(), sundays)
    assert sealed(store) == set(sundays)


# A document that moved


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 0)], ids=["to a later day", "to an earlier day"])
@pytest.mark.parametrize("others", [0, 3], ids=["the day's only one", "one of several"])
def test_a_document_that_moved_leaves_its_old_day(store: sqlite3.Connection, old: int, new: int, others: int) -> None:
    erp = shop()
    erp.days[WEEK[old]] = [bill(WEEK[old], f"{number}") for number in range(others + 1)]
    read(store, erp, WEEK)
    erp.days[WEEK[old]] = erp.days[WEEK[old]][1:]
    erp.days[WEEK[new]].append(bill(WEEK[new], "0"))
    assert read(store, erp, WEEK).held == []
    assert_equal(store, erp)


def test_a_document_that_moved_into_the_window_leaves_a_day_outside(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[WEEK[6]].append(bill(WEEK[6], f"{MONDAY}", 30))
    erp.days[MONDAY] = []
    read(store, erp, WEEK[3:])
    assert_equal(store, erp)


def test_a_move_that_is_cut_short_is_finished_by_the_next_night(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[WEEK[6]].append(bill(WEEK[6], f"{MONDAY}", 30))
    erp.days[MONDAY] = []
    erp.lies[MONDAY] = [ErpUnavailable("gone")]
    with pytest.raises(ErpUnavailable):
        read(store, erp, WEEK[3:])
    assert ledger.unsealed_days(store) == [MONDAY]
    read(store, erp, WEEK)
    assert_equal(store, erp)


def test_two_documents_with_one_number_are_two(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.days[MONDAY].append(bill(MONDAY, "1", buyer="Boris"))
    erp.days[WEEK[3]].append(bill(WEEK[3], "1", buyer="Clara"))
    read(store, erp, WEEK)
    read(store, erp, WEEK)
    assert_equal(store, erp)
    assert len(bought(store)) == 9


# The ERP's own total


def test_lines_that_do_not_come_to_the_erps_own_total_are_not_stored(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.totals = {MONDAY: 3_000_00, MONDAY + 1: 2_999_99}
    tally = read(store, erp, WEEK)
    assert list(tally.unread) == [MONDAY + 1]
    assert "299999 kopecks, its lines come to 300000" in str(tally.unread[MONDAY + 1])
    assert sealed(store) == set(WEEK) - {MONDAY + 1}


# The unchanged


def test_days_that_did_not_change_are_not_written(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    written = store.total_changes
    tally = read(store, erp, WEEK)
    assert (tally.read, tally.changed, tally.corrected) == (7, 0, [])
    assert store.total_changes - written == len(WEEK)  # the times of the last look


def test_a_change_is_recorded_by_day(store: sqlite3.Connection) -> None:
    erp = shop(lines=1)
    read(store, erp, WEEK)
    erp.days[MONDAY] = [bill(MONDAY, f"{MONDAY}", amount=150_00), bill(MONDAY, "new")]
    tally = read(store, erp, WEEK)
    assert tally.corrected == [Change(MONDAY, added=1, changed=1, removed=0, amount_before=100_00, amount_after=250_00)]
    assert store.execute("SELECT * FROM sync_change").fetchall() == [
        ("2026-11-20T02:00:00Z", MONDAY, 1, 1, 0, 100_00, 250_00)
    ]


# Other rules


def test_a_day_that_is_held_stays_held_under_other_rules(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = []
    read(store, erp, WEEK)
    clock = HandClock()
    clock.pass_hours(48)
    assert judge_again(store, replace(RULES, gift_below=0), clock) == len(WEEK)
    assert ledger.unsealed_days(store) == [MONDAY]
    assert list(suspects.suspects(store)) == [MONDAY]
    assert {entry.fetched_at for entry in ledger.entries(store, WEEK[0], WEEK[-1]).values()} == {"2026-11-20T02:00:00Z"}


def test_a_bad_day_is_due_again_even_if_the_erp_goes_away_then(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.lies = {MONDAY: [BAD, BAD], MONDAY + 2: [BAD, ErpUnavailable("gone")]}
    with pytest.raises(ErpUnavailable):
        read(store, erp, WEEK)
    assert ledger.unsealed_days(store) == [MONDAY, MONDAY + 2]


def test_equal_numbers_on_other_days_do_not_excuse_a_day_that_vanishes(store: sqlite3.Connection) -> None:
    """Two organisations number their documents alike: every number stands on two days, and nothing has moved."""
    erp = Erp({day: [bill(day, f"{day % 2}", 30)] for day in WEEK})
    before = truth(erp)
    read(store, erp, WEEK)
    erp.days[MONDAY] = []
    assert read(store, erp, WEEK).held == [MONDAY]
    assert held(store, WEEK) == before


# What a second look at this code has found


def test_rows_that_cannot_be_read_do_not_replace_those_that_could(store: sqlite3.Connection) -> None:
    erp = Erp({day: [bill(day, f"{day}", 30)] for day in WEEK})
    before = truth(erp)
    read(store, erp, WEEK)
    unknown = [Refused(Verdict.MALFORMED, "cash_flow_type", 100_00, "{}")] * 15
    garbled = answer(MONDAY, bill(MONDAY, f"{MONDAY}", 15), refused=unknown)
    erp.lies[MONDAY] = [garbled, garbled]
    assert read(store, erp, WEEK).held == [MONDAY]
    assert held(store, WEEK) == before


def test_a_day_that_is_too_heavy_does_not_stop_the_others(store: sqlite3.Connection) -> None:
    erp = shop()
    erp.lies[MONDAY + 2] = [AnswerTooHeavy("too long"), AnswerTooHeavy("too long")]
    tally = read(store, erp, WEEK)
    assert [str(error) for error in tally.unread.values()] == ["2026-11-11 was not read. too long"]
    assert sealed(store) == set(WEEK) - {MONDAY + 2}


def test_what_was_doubtful_is_due_again_if_the_round_is_cut_short(store: sqlite3.Connection) -> None:
    erp = shop()
    read(store, erp, WEEK)
    erp.days[MONDAY] = []
    erp.lies[MONDAY + 1] = [BAD]
    erp.lies[MONDAY + 3] = [ErpUnavailable("gone")]
    with pytest.raises(ErpUnavailable):
        read(store, erp, WEEK)
    assert ledger.unsealed_days(store) == [MONDAY, MONDAY + 1]


def test_a_move_that_shows_at_the_second_look_is_followed_in_the_same_round(store: sqlite3.Connection) -> None:
    erp = Erp({day: [bill(day, f"{day}", 2), bill(day, f"{day} too", 3)] for day in WEEK})
    read(store, erp, WEEK)
    as_it_was = erp.truth(MONDAY + 4)
    erp.days[MONDAY] = [
        bill(MONDAY, f"{MONDAY + 4}", 2)
    ]  # smaller than before, so it is asked twice; and a document of Friday stands there now
    erp.days[MONDAY + 4] = [bill(MONDAY + 4, f"{MONDAY + 4} too", 3)]
    erp.lies[MONDAY + 4] = [as_it_was]
    read(store, erp, WEEK)
    assert_equal(store, erp)
