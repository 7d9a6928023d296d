"""Messages waiting to be sent. They are recorded together with what they tell, and leave when the world allows."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from rfm_service.clock import stamp
from rfm_service.records import Message
from rfm_service.store.connection import transaction


class Waiting(NamedTuple):
    """A message for one chat."""

    message_id: int
    chat_id: int
    message: Message
    tries: int


def add_message(store: sqlite3.Connection, chat_ids: Sequence[int], message: Message, moment: datetime) -> None:
    """One copy for each chat. Inside the caller's transaction."""
    store.executemany(
        "INSERT INTO outbox (chat_id, text, attachment, created_at, next_try_at) VALUES (?, ?, ?, ?, ?)",
        ((chat_id, message.text, message.attachment, stamp(moment), stamp(moment)) for chat_id in chat_ids),
    )


def due_messages(store: sqlite3.Connection, moment: datetime) -> list[Waiting]:
    """What may be sent now, oldest first."""
    rows = store.execute(
        "SELECT message_id, chat_id, text, attachment, tries FROM outbox"
        " WHERE state = 'waiting' AND next_try_at <= ? ORDER BY message_id",
        (stamp(moment),),
    )
    return [Waiting(number, chat, Message(text, attachment), tries) for number, chat, text, attachment, tries in rows]


def message_sent(store: sqlite3.Connection, message_id: int) -> None:
    """It arrived."""
    _settle(store, message_id, "sent", "")


def message_refused(store: sqlite3.Connection, message_id: int, error: str) -> None:
    """It will never be taken: kept, but not tried again."""
    _settle(store, message_id, "refused", error)


def message_postponed(store: sqlite3.Connection, message_id: int, error: str, next_try: datetime) -> None:
    """The destination is out of reach: everything for this chat waits, so that the order stays."""
    with transaction(store):
        store.execute("UPDATE outbox SET tries = tries + 1, error = ? WHERE message_id = ?", (error, message_id))
        store.execute(
            "UPDATE outbox SET next_try_at = ? WHERE state = 'waiting'"
            " AND chat_id = (SELECT chat_id FROM outbox WHERE message_id = ?)",
            (stamp(next_try), message_id),
        )


def messages_waiting(store: sqlite3.Connection) -> int:
    """How many messages wait."""
    return int(store.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0])


def _settle(store: sqlite3.Connection, message_id: int, state: str, error: str) -> None:
    with transaction(store):
        store.execute(
            "UPDATE outbox SET state = ?, tries = tries + 1, error = ? WHERE message_id = ?", (state, error, message_id)
        )
