"""Messages waiting to be sent. They are recorded together with what they tell, and leave when the world allows."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from rfm_service.clock import moment_of, stamp
from rfm_service.records import Lane, Message, to_json
from rfm_service.store.connection import transaction

REPEAT_PAUSE = timedelta(hours=6)
LONGEST_PAUSE = REPEAT_PAUSE + timedelta(hours=2)  # and small steps of the clock
LONGEST_MUTE = timedelta(days=7)
LONGEST_WAIT = timedelta(days=30)
SETTLED_KEPT = 1000


class Waiting(NamedTuple):
    """A message for one address. `repeats`: how often it was said."""

    message_id: int
    address: str
    message: Message
    repeats: int
    tries: int

    @property
    def channel(self) -> str:
        """The way it takes: what stands before the colon of its address."""
        return self.address.partition(":")[0]


def add_message(store: sqlite3.Connection, addresses: Iterable[str], message: Message, moment: datetime) -> None:
    """One copy for each address. Inside the caller's transaction.

    Of a topic only the newest message waits, and it is not told again before REPEAT_PAUSE has passed.
    """
    for address in addresses:
        if message.topic and _replace_waiting(store, address, message):
            continue
        not_before = _not_before(store, address, message.topic, moment)
        store.execute(
            "INSERT INTO outbox (address, lane, topic, message, created_at, next_try_at) VALUES (?, ?, ?, ?, ?, ?)",
            (address, message.lane, message.topic, to_json(message), stamp(moment), stamp(not_before)),
        )


def bring_forward(store: sqlite3.Connection, moment: datetime) -> None:
    """What claims to wait for longer than anything may was dated by a clock that ran ahead: it waits no longer."""
    waiting, latest = "state = 'waiting' AND next_try_at > ?", stamp(moment + LONGEST_PAUSE)
    muted, longest = "until > ?", stamp(moment + LONGEST_MUTE + LONGEST_PAUSE)
    (wrong,) = store.execute(
        f"SELECT EXISTS (SELECT 1 FROM outbox WHERE {waiting}) + EXISTS (SELECT 1 FROM muted WHERE {muted})",
        (latest, longest),
    ).fetchone()
    if wrong:
        with transaction(store):
            store.execute(f"UPDATE outbox SET next_try_at = ? WHERE {waiting}", (stamp(moment), latest))
            store.execute(f"DELETE FROM muted WHERE {muted}", (longest,))


def drop_strangers(
    store: sqlite3.Connection, addresses: Iterable[str], admins: Iterable[str], moment: datetime
) -> list[str]:
    """Give up what waits for other addresses than these; answers go to admins only. Which addresses those were.

    Of a channel that has no address at all it waits for LONGEST_WAIT: who started us may not know its secret.
    """
    answered, kept = list(admins), list(addresses)
    channels = sorted({address.partition(":")[0] for address in answered + kept})
    strangers = (
        f"state = 'waiting' AND CASE lane WHEN {Lane.ANSWER:d} THEN address NOT IN ({_marks(answered)})"
        f" ELSE address NOT IN ({_marks(kept)}) END"
        f" AND (substr(address, 1, instr(address, ':') - 1) IN ({_marks(channels)}) OR created_at < ?)"
    )
    values = (*answered, *kept, *channels, stamp(moment - LONGEST_WAIT))
    dropped = store.execute(f"SELECT DISTINCT address FROM outbox WHERE {strangers} ORDER BY 1", values)
    found = [address for (address,) in dropped]
    if found:
        with transaction(store):
            store.execute(f"DELETE FROM outbox WHERE {strangers}", values)
    return found


def due_messages(store: sqlite3.Connection, moment: datetime) -> list[Waiting]:
    """What may be sent now: answers first, then alerts, then news; oldest first. Muted addresses get answers only."""
    rows = store.execute(
        "SELECT message_id, address, message, repeats, tries FROM outbox LEFT JOIN muted USING (address)"
        " WHERE state = 'waiting' AND next_try_at <= :now AND (lane = :answer OR coalesce(until, '') <= :now)"
        " ORDER BY lane, message_id",
        {"now": stamp(moment), "answer": Lane.ANSWER},
    )
    return [
        Waiting(number, address, msgspec.json.decode(message, type=Message), repeats, tries)
        for number, address, message, repeats, tries in rows
    ]


def message_sent(store: sqlite3.Connection, message_id: int, moment: datetime) -> None:
    """It arrived."""
    _settle(store, message_id, "sent", "", moment)


def message_refused(store: sqlite3.Connection, message_id: int, error: str, moment: datetime) -> None:
    """It will never be taken: kept, but not tried again."""
    _settle(store, message_id, "refused", error, moment)


def address_postponed(store: sqlite3.Connection, waiting: Waiting, error: str, next_try: datetime) -> None:
    """The address is out of reach: everything for it waits, so that the order stays."""
    with transaction(store):
        store.execute(
            "UPDATE outbox SET tries = tries + 1, error = ? WHERE message_id = ?", (error, waiting.message_id)
        )
        store.execute(
            "UPDATE outbox SET next_try_at = max(next_try_at, ?) WHERE state = 'waiting' AND address = ?",
            (stamp(next_try), waiting.address),
        )


def messages_waiting(store: sqlite3.Connection) -> int:
    """How many messages wait."""
    return int(store.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0])


def waiting_attachments(store: sqlite3.Connection) -> set[Path]:
    """The files that go with messages that wait."""
    messages = store.execute("SELECT message FROM outbox WHERE state = 'waiting'").fetchall()
    names = (msgspec.json.decode(message, type=Message).attachment for (message,) in messages)
    return {Path(name) for name in names if name}


def mute(store: sqlite3.Connection, address: str, until: datetime) -> None:
    """Nothing but answers goes there before `until`; what waits comes then. Inside the caller's transaction."""
    store.execute("INSERT OR REPLACE INTO muted VALUES (?, ?)", (address, stamp(until)))


def forget_settled(store: sqlite3.Connection) -> None:
    """Keep the newest of the messages that were sent or refused."""
    with transaction(store):
        store.execute(
            "DELETE FROM outbox WHERE state <> 'waiting' AND message_id <= (SELECT max(message_id) FROM outbox) - ?",
            (SETTLED_KEPT,),
        )


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))


def _replace_waiting(store: sqlite3.Connection, address: str, message: Message) -> bool:
    """Put it in the place of the one of its topic that waits, if one does."""
    changed = store.execute(
        "UPDATE outbox SET message = ?, repeats = repeats + 1 WHERE (address, topic, state) = (?, ?, 'waiting')",
        (to_json(message), address, message.topic),
    )
    return changed.rowcount > 0


def _not_before(store: sqlite3.Connection, address: str, topic: str, moment: datetime) -> datetime:
    """When it may be sent: now, or a while after the last one of its topic; never later, though the clock was wrong."""
    (last,) = store.execute(
        "SELECT max(settled_at) FROM outbox WHERE (address, topic) = (?, ?)", (address, topic)
    ).fetchone()
    if not topic or not last:
        return moment
    return max(moment, min(moment_of(last), moment) + REPEAT_PAUSE)


def _settle(store: sqlite3.Connection, message_id: int, state: str, error: str, moment: datetime) -> None:
    with transaction(store):
        store.execute(
            "UPDATE outbox SET state = ?, tries = tries + 1, error = ?, settled_at = ? WHERE message_id = ?",
            (state, error, stamp(moment), message_id),
        )
