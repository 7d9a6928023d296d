"""People → inbox: what is written to the bot is recorded before Telegram may forget it."""

import logging
import sqlite3
import time

from rfm_service.clock import Clock
from rfm_service.errors import DestinationDead, MessageBad
from rfm_service.notify import telegram
from rfm_service.notify.bot_api import Bot, bot_of
from rfm_service.receipts import HeardReceipt
from rfm_service.settings import Telegram
from rfm_service.store import inbox

POLL_SECONDS = 25
LONGEST_PAUSE = 60.0

log = logging.getLogger(__name__)


def hear(store: sqlite3.Connection, bot: Telegram, clock: Clock, seconds: float) -> HeardReceipt:
    """Listen for so long. Whatever the other side does, the next poll comes within a minute after it is well again."""
    ear = bot_of(bot)
    updates = commands = failures = 0
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        offset = inbox.next_offset(store, clock.now())
        try:
            heard = telegram.fetch_updates(ear, offset, POLL_SECONDS)
        except DestinationDead as error:
            if not failures:
                log.warning("The bot hears nothing: %s", error)
            failures += 1
            pause = error.retry_after or min(2.0**failures, LONGEST_PAUSE)
            time.sleep(max(0.0, min(pause, end - clock.monotonic())))
            continue
        failures = 0
        updates += len(heard)
        commands += inbox.add_updates(store, heard, bot.admins, clock.now())
        for update in heard:
            _stop_waiting(ear, update.callback_id)
    return HeardReceipt(commands, updates - commands)


def _stop_waiting(bot: Bot, callback_id: str) -> None:
    """A button that was pressed shows a clock until it is answered; it is no harm when that fails."""
    if callback_id:
        try:
            telegram.answer_callback(bot, callback_id)
        except (DestinationDead, MessageBad) as error:
            log.info("A button waits in vain: %s", error)
