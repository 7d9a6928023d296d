"""Telegram: one message, one try; and what people write to the bot."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.notify.attachments import Document, document_of
from rfm_service.notify.bot_api import Bot, bot_of, calls_of
from rfm_service.notify.texts import readable, shortened
from rfm_service.records import Message, Update
from rfm_service.settings import Telegram

LONGEST_TEXT = 4096
HEARD = ["message", "callback_query"]
NOT_ONES_OWN_WORD = frozenset(("forward_origin", "forward_date", "via_bot", "sender_chat", "edit_date"))
LARGEST_ID = 2**63 - 1


def send(bot: Bot, chat_id: int, message: Message) -> None:
    """Deliver the text, then the file. A file that cannot be read is marked in the text; of a long one the end is sent.

    Raises MessageBad or DestinationDead. When only the file failed it is MessageBad: the text must not come twice.
    """
    text, file = message.text, Path(message.attachment)
    document = document_of(file) if message.attachment else None
    if message.attachment and not document:
        text += f"\n\n📎 ❌ {file.name}"
    if text:
        _send_text(bot, chat_id, text, _markup(message))
    if document and text:
        try:
            _send_document(bot, chat_id, document)
        except RfmError as error:
            raise MessageBad("The text arrived, the file {0} did not: {1}", document.name, str(error)) from None
    elif document:
        _send_document(bot, chat_id, document)


def fetch_updates(bot: Bot, offset: int, wait_seconds: int) -> list[Update]:
    """What people wrote since `offset`, waiting so long for the first. What is before the offset is forgotten there.

    An update of another kind than asked for, or an odd one, comes empty. Raises DestinationDead.
    """
    try:
        found = calls_of(bot.patient(wait_seconds)).get_updates(
            bot.token, offset=offset, long_polling_timeout=wait_seconds, allowed_updates=HEARD
        )
    except MessageBad as error:
        raise DestinationDead("{0}", str(error)) from None
    if not isinstance(found, list):
        raise DestinationDead("Something that is not Telegram answered in its place.")
    return [update for raw in found if (update := _update(raw))]


def answer_callback(bot: Bot, callback_id: str) -> None:
    """Tell Telegram that the press of a button has arrived. Raises MessageBad or DestinationDead."""
    calls_of(bot).answer_callback_query(bot.token, callback_id)


def examine(settings: Telegram) -> Iterator[tuple[str, RfmError | None]]:
    """Try the bot and every chat without writing to anybody: what was tried, and what is wrong with it."""
    bot = bot_of(settings)
    calls = calls_of(bot)
    yield "Telegram: bot", _trouble(partial(calls.get_me, bot.token))
    yield "Telegram: webhook", _trouble(lambda: _require_no_webhook(calls.get_webhook_info(bot.token)))
    for chat_id in settings.chat_ids:
        yield f"Telegram: chat {chat_id}", _trouble(partial(calls.get_chat, bot.token, chat_id))


def _trouble(call: Callable[[], object]) -> RfmError | None:
    try:
        call()
    except RfmError as error:
        return error
    return None


def _require_no_webhook(found: Any) -> None:
    if isinstance(found, dict) and found.get("url"):
        raise DestinationDead("The bot has a webhook, so commands never arrive here: remove it with deleteWebhook.")


def _send_text(bot: Bot, chat_id: int, text: str, markup: Any) -> None:
    from telebot.types import LinkPreviewOptions

    calls_of(bot).send_message(
        bot.token,
        chat_id,
        shortened(readable(text), LONGEST_TEXT),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=markup,
    )


def _send_document(bot: Bot, chat_id: int, document: Document) -> None:
    content = io.BytesIO(document.content)
    calls_of(bot).send_data(bot.token, chat_id, content, "document", visible_file_name=document.name)


def _markup(message: Message) -> Any:
    from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

    if message.buttons:
        rows = [[InlineKeyboardButton(button.label, callback_data=button.data)] for button in message.buttons]
        return InlineKeyboardMarkup(rows)
    if message.menu:
        menu = ReplyKeyboardMarkup(resize_keyboard=True, is_persistent=True)
        for row in message.menu:
            menu.row(*map(KeyboardButton, row))
        return menu
    return None


class _User(msgspec.Struct, frozen=True):
    id: int


class _Chat(msgspec.Struct, frozen=True):
    id: int
    type: str


class _Words(msgspec.Struct, frozen=True):
    chat: _Chat
    date: int
    sender: _User = msgspec.field(name="from")
    text: str = ""


class _Place(msgspec.Struct, frozen=True):
    chat: _Chat


class _Press(msgspec.Struct, frozen=True):
    id: str
    message: _Place
    sender: _User = msgspec.field(name="from")
    data: str = ""


def _update(raw: Any) -> Update | None:
    """One update, empty if it is odd; None if it has not even a number."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(number, int) or not 0 < number <= LARGEST_ID:
        return None
    try:
        return _words(number, raw["message"]) if "message" in raw else _press(number, raw["callback_query"])
    except (msgspec.ValidationError, KeyError):
        return Update(number, 0, 0, private=False, text="", data="", callback_id="", sent_at=0)


def _words(number: int, raw: Any) -> Update:
    said = msgspec.convert(raw, _Words)
    private = _is_private(said.sender, said.chat) and not NOT_ONES_OWN_WORD & raw.keys()
    return Update(number, said.sender.id, said.chat.id, private, said.text, "", "", said.date)


def _press(number: int, raw: Any) -> Update:
    press = msgspec.convert(raw, _Press)
    chat = press.message.chat
    return Update(number, press.sender.id, chat.id, _is_private(press.sender, chat), "", press.data, press.id, 0)


def _is_private(sender: _User, chat: _Chat) -> bool:
    return chat.type == "private" and chat.id == sender.id
