"""What waits to leave the house: messages, and reports on their way to folders."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from rfm_service.records import Lane, Message
from rfm_service.store import outbox, spool
from rfm_service.store.connection import transaction

from .builders import MOMENT

ANNA, BORIS = "telegram:1", "telegram:2"
LATER = MOMENT + timedelta(minutes=5)


def tell(store: sqlite3.Connection, *texts: str) -> None:
    with transaction(store):
        for text in texts:
            outbox.add_message(store, [ANNA, BORIS], Message(text), MOMENT)


def due(store: sqlite3.Connection, address: str) -> list[str]:
    return [one.message.text for one in outbox.due_messages(store, MOMENT) if one.address == address]


# Messages


def test_every_chat_gets_its_messages_in_order(store: sqlite3.Connection) -> None:
    tell(store, "one", "two", "three")
    assert due(store, ANNA) == due(store, BORIS) == ["one", "two", "three"]
    assert outbox.messages_waiting(store) == 6


def test_a_message_keeps_its_attachment(store: sqlite3.Connection) -> None:
    message = Message("log", "/home/logs/service.log")
    with transaction(store):
        outbox.add_message(store, [ANNA], message, MOMENT)
    assert outbox.due_messages(store, MOMENT) == [outbox.Waiting(1, ANNA, message, 1, 0)]


def test_without_recipients_nothing_waits(store: sqlite3.Connection) -> None:
    with transaction(store):
        outbox.add_message(store, [], Message("to nobody"), MOMENT)
    assert outbox.messages_waiting(store) == 0


def test_a_message_belongs_to_the_transaction_it_tells_of(store: sqlite3.Connection) -> None:
    with pytest.raises(ZeroDivisionError), transaction(store):
        outbox.add_message(store, [ANNA], Message("done"), MOMENT)
        raise ZeroDivisionError
    assert outbox.messages_waiting(store) == 0


def test_what_was_sent_or_refused_waits_no_more(store: sqlite3.Connection) -> None:
    tell(store, "one", "two")
    first, *_, last = outbox.due_messages(store, MOMENT)
    outbox.message_sent(store, first.message_id, LATER)
    outbox.message_refused(store, last.message_id, "chat not found", LATER)
    assert (due(store, ANNA), due(store, BORIS)) == (["two"], ["one"])
    assert store.execute("SELECT state, tries, error FROM outbox WHERE state <> 'waiting'").fetchall() == [
        ("sent", 1, ""),
        ("refused", 1, "chat not found"),
    ]


def test_a_postponed_message_waits_for_its_time(store: sqlite3.Connection) -> None:
    tell(store, "one")
    first, _ = outbox.due_messages(store, MOMENT)
    outbox.address_postponed(store, first, "no answer", LATER)
    assert (due(store, ANNA), due(store, BORIS)) == ([], ["one"])
    assert outbox.messages_waiting(store) == 2
    again = outbox.due_messages(store, LATER)
    assert [(one.message_id, one.tries) for one in again] == [(first.message_id, 1), (first.message_id + 1, 0)]


def alarm(store: sqlite3.Connection, text: str, moment: datetime, lane: Lane = Lane.ALERT) -> None:
    with transaction(store):
        outbox.add_message(store, [ANNA], Message(text, lane=lane, topic="the loop"), moment)


def send_due(store: sqlite3.Connection, moment: datetime) -> list[tuple[str, int]]:
    """What went out: texts, and how often each was said."""
    sent = outbox.due_messages(store, moment)
    for one in sent:
        outbox.message_sent(store, one.message_id, moment)
    return [(one.message.text, one.repeats) for one in sent]


def test_answers_overtake_alerts_and_alerts_news(store: sqlite3.Connection) -> None:
    with transaction(store):
        for lane in (Lane.NEWS, Lane.ALERT, Lane.ANSWER):
            outbox.add_message(store, [ANNA], Message(lane.name, lane=lane), MOMENT)
    assert due(store, ANNA) == ["ANSWER", "ALERT", "NEWS"]


def test_ten_thousand_equal_alarms_are_five_messages_a_day(store: sqlite3.Connection) -> None:
    """One every ten seconds for 28 hours: at once and every six hours; a last one says how many there were since."""
    sent = []
    for number in range(10_000):
        moment = MOMENT + timedelta(seconds=10 * number)
        alarm(store, f"trouble {number}", moment)
        sent += send_due(store, moment)
    assert len(sent) == 5
    sent += send_due(store, MOMENT + timedelta(days=30))
    assert len(sent) == 6
    assert sum(repeats for _, repeats in sent) == 10_000
    assert (sent[0], sent[-1][0]) == (("trouble 0", 1), "trouble 9999")


def test_a_topic_is_told_again_when_it_comes_back_later(store: sqlite3.Connection) -> None:
    alarm(store, "today", MOMENT)
    assert send_due(store, MOMENT) == [("today", 1)]
    tomorrow = MOMENT + timedelta(days=1)
    alarm(store, "tomorrow", tomorrow)
    assert send_due(store, tomorrow) == [("tomorrow", 1)]


def test_a_clock_that_was_years_ahead_does_not_silence_a_topic(store: sqlite3.Connection) -> None:
    ahead = MOMENT + timedelta(days=3000)
    alarm(store, "ahead", ahead)
    send_due(store, ahead)
    alarm(store, "now", MOMENT)
    assert send_due(store, MOMENT + timedelta(hours=6)) == [("now", 1)]


def test_who_is_muted_gets_answers_now_and_the_rest_later(store: sqlite3.Connection) -> None:
    with transaction(store):
        outbox.mute(store, ANNA, LATER)
        outbox.add_message(store, [ANNA, BORIS], Message("alarm", lane=Lane.ALERT), MOMENT)
        outbox.add_message(store, [ANNA], Message("answer", lane=Lane.ANSWER), MOMENT)
    assert (due(store, ANNA), due(store, BORIS)) == (["answer"], ["alarm"])
    assert [one.message.text for one in outbox.due_messages(store, LATER) if one.address == ANNA] == ["answer", "alarm"]


def test_what_a_clock_that_ran_ahead_has_dated_waits_no_longer(store: sqlite3.Connection) -> None:
    """Postponed, or muted, in a year to come; what is postponed by a good clock waits on."""
    ahead = MOMENT + timedelta(days=400)
    tell(store, "one")
    first, other = outbox.due_messages(store, MOMENT)
    outbox.address_postponed(store, first, "no answer", ahead)
    outbox.address_postponed(store, other, "no answer", MOMENT + timedelta(hours=6))
    with transaction(store):
        outbox.mute(store, ANNA, ahead)
    outbox.bring_forward(store, MOMENT)
    assert (due(store, ANNA), due(store, BORIS)) == (["one"], [])
    outbox.address_postponed(store, first, "no answer", LATER)
    assert due(store, ANNA) == []
    assert len(outbox.due_messages(store, LATER)) == 1


def test_who_left_the_settings_hears_nothing_more(store: sqlite3.Connection) -> None:
    """An answer waits for an admin, be he told of the nights or not; and for nobody else."""
    tell(store, "news")
    with transaction(store):
        for address in (ANNA, BORIS):
            outbox.add_message(store, [address], Message("log", "/home/logs/service.log", lane=Lane.ANSWER), MOMENT)
    assert outbox.drop_strangers(store, [ANNA], [BORIS], MOMENT) == [ANNA, BORIS]
    assert (due(store, ANNA), due(store, BORIS)) == (["news"], ["log"])
    assert outbox.drop_strangers(store, ["telegram:3"], [], MOMENT) == [ANNA, BORIS]
    assert outbox.messages_waiting(store) == 0


def test_what_waits_for_a_channel_whose_secret_is_not_known_here_waits_a_month(store: sqlite3.Connection) -> None:
    """A command by hand may see no token, and must not give up what the service has to tell."""
    tell(store, "news")
    assert outbox.drop_strangers(store, ["mail:admin@shop.ru"], [], MOMENT + timedelta(days=29)) == []
    assert due(store, ANNA) == ["news"]
    assert outbox.drop_strangers(store, [], [], MOMENT + timedelta(days=31)) != []


def test_settled_messages_are_forgotten_waiting_ones_never(store: sqlite3.Connection) -> None:
    tell(store, *map(str, range(1200)))
    for one in outbox.due_messages(store, MOMENT)[:1300]:
        outbox.message_sent(store, one.message_id, MOMENT)
    outbox.forget_settled(store)
    assert outbox.messages_waiting(store) == 1100
    assert store.execute("SELECT count(*) FROM outbox").fetchone()[0] == 1100


# Reports


def wait(store: sqlite3.Connection, run: str, name: str, *folders: str, minute: int = 0) -> None:
    with transaction(store):
        spool.add_parcels(store, run, name, folders, MOMENT + timedelta(minutes=minute))


def test_a_report_waits_for_each_folder(store: sqlite3.Connection) -> None:
    wait(store, "run 1", "2026-11-20", "marketers", "analysts")
    parcels = spool.due_parcels(store, MOMENT)
    assert parcels == [
        spool.Parcel("run 1", "analysts", "2026-11-20", 0, ""),
        spool.Parcel("run 1", "marketers", "2026-11-20", 0, ""),
    ]
    with transaction(store):
        spool.parcel_published(store, parcels[0])
    assert spool.waiting_parcels(store) == parcels[1:]


def test_the_oldest_report_comes_first(store: sqlite3.Connection) -> None:
    wait(store, "run 2", "2026-11-21", "analysts", minute=1)
    wait(store, "run 1", "2026-11-20", "analysts")
    assert [parcel.name for parcel in spool.due_parcels(store, LATER)] == ["2026-11-20", "2026-11-21"]


def test_a_newer_run_replaces_parcels_of_the_same_name(store: sqlite3.Connection) -> None:
    wait(store, "run 0", "2026-11-19", "analysts")
    wait(store, "run 1", "2026-11-20", "analysts", "marketers")
    with transaction(store):
        spool.parcel_published(store, spool.Parcel("run 1", "analysts", "2026-11-20", 0, ""))
    wait(store, "run 2", "2026-11-20", "analysts", "marketers")
    assert [(parcel.run_id, parcel.folder) for parcel in spool.waiting_parcels(store)] == [
        ("run 0", "analysts"),
        ("run 2", "analysts"),
        ("run 2", "marketers"),
    ]


def test_a_run_that_spools_again_starts_over(store: sqlite3.Connection) -> None:
    wait(store, "run 1", "2026-11-20", "analysts")
    (parcel,) = spool.waiting_parcels(store)
    with transaction(store):
        spool.folder_postponed(store, parcel.folder, "no such folder", LATER)
    assert spool.due_parcels(store, MOMENT) == []
    assert spool.due_parcels(store, LATER) == [spool.Parcel("run 1", "analysts", "2026-11-20", 1, "no such folder")]
    wait(store, "run 1", "2026-11-20", "analysts")
    assert spool.due_parcels(store, MOMENT) == [parcel]


def test_a_report_that_a_clock_ahead_has_postponed_waits_no_longer(store: sqlite3.Connection) -> None:
    wait(store, "run 1", "2026-11-20", "analysts", "marketers")
    with transaction(store):
        spool.folder_postponed(store, "analysts", "away", MOMENT + timedelta(days=400))
        spool.folder_postponed(store, "marketers", "away", MOMENT + timedelta(hours=1))
    spool.bring_forward(store, MOMENT)
    assert [parcel.folder for parcel in spool.due_parcels(store, MOMENT)] == ["analysts"]
