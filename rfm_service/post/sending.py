"""Outbox → people: one round."""

import logging
import sqlite3
import time
from datetime import datetime, timedelta

from rfm_service.clock import growing_pause
from rfm_service.errors import DestinationDead, MessageBad
from rfm_service.locales import Language
from rfm_service.notify import channels, messages
from rfm_service.receipts import SentReceipt
from rfm_service.records import Message
from rfm_service.settings import Settings
from rfm_service.store import outbox

PAUSE_SECONDS = 3.1  # Telegram takes 20 messages a minute in a group
ROUND_SECONDS = 60.0  # the next round begins with the answers that were asked for meanwhile

log = logging.getLogger(__name__)


def send_past_outbox(settings: Settings, message: Message) -> SentReceipt:
    """One try for each address that hears of this lane, for when there is no store to keep the message."""
    sent, refused, postponed = 0, 0, 0
    for address in settings.recipients(message.lane):
        try:
            channels.send(settings, address, message)
        except MessageBad as error:
            log.error("The alarm is refused: %s", error)
            refused += 1
        except DestinationDead as error:
            log.warning("The alarm is not heard: %s", error)
            postponed += 1
        else:
            sent += 1
    return SentReceipt(sent, refused, postponed)


def send_due(store: sqlite3.Connection, settings: Settings, channel: str, moment: datetime) -> SentReceipt:
    """Send what is due by one channel, in order. An address that is out of reach is left in peace for a while.

    Each message is settled as soon as it was sent, so at most one comes twice when we are killed. What a round has no
    time for stays due.
    """
    language = Language(settings.language)
    due = [waiting for waiting in outbox.due_messages(store, moment) if waiting.channel == channel]
    sent, refused, dead = 0, 0, set[str]()
    end = time.monotonic() + ROUND_SECONDS
    for waiting in due:
        if time.monotonic() > end:
            break
        if waiting.address in dead:
            continue
        if sent + refused:
            time.sleep(PAUSE_SECONDS)
        try:
            channels.send(settings, waiting.address, messages.repeated(language, waiting.message, waiting.repeats))
        except MessageBad as error:
            log.error("Message %d is refused: %s", waiting.message_id, error)
            outbox.message_refused(store, waiting.message_id, str(error), moment)
            refused += 1
        except DestinationDead as error:
            pause = max(timedelta(seconds=error.retry_after), growing_pause(waiting.tries))
            log.warning("Message %d waits %.0f s: %s", waiting.message_id, pause.total_seconds(), error)
            outbox.address_postponed(store, waiting, str(error), moment + pause)
            dead.add(waiting.address)
        else:
            outbox.message_sent(store, waiting.message_id, moment)
            sent += 1
    return SentReceipt(sent, refused, len(due) - sent - refused)
