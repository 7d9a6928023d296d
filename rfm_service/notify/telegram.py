"""Telegram: one message, one try; and what people write to the bot."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.notify.attachments import Document, document_of
from rfm_service.notify.bot_api import Bot, bot_of, calls_of, read
from rfm_service.notify.texts import readable, shortened
from rfm_service.records import Message, Update
from rfm_service.settings import Telegram

LONGEST_TEXT = 4096
HEARD = ["message", "callback_query"]
NOT_ONES_OWN_WORD = frozenset(("forward_origin", "forward_date", "via_bot", "sender_chat", "edit_date"))
UPLOAD_PACE = 128 << 10

Id = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


def send(bot: Bot, chat_id: int, message: Message) -> None:
    """Deliver the text, then the file. A file that cannot be read is marked in the text; of a long one the end is sent.

    Raises MessageBad or DestinationDead. When only the file failed it is MessageBad: the text must not come twice.
    """
    text, file = message.text, Path(message.attachment)
    document = document_of(file) if message.attachment else None
    if message.attachment and not document:
        text = f"{text}\n\n📎 ❌ {file.name}".lstrip("\n")
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
        found = calls_of(bot.patient(wait_seconds), list[msgspec.Raw]).get_updates(
            bot.token, offset=offset, long_polling_timeout=wait_seconds, allowed_updates=HEARD
        )
    except MessageBad as error:
        raise DestinationDead("{0}", str(error)) from None
    updates = [update for raw in found if (update := _update(raw))]
    if found and not updates:
        raise DestinationDead("Telegram sent {0} updates, none of which can be read.", len(found))
    return updates


def answer_callback(bot: Bot, callback_id: str) -> None:
    """Tell Telegram that the press of a button has arrived. Raises MessageBad or DestinationDead."""
    calls_of(bot).answer_callback_query(bot.token, callback_id)


def examine(settings: Telegram) -> Iterator[tuple[str, RfmError | None]]:
    """Try the bot and every chat without writing to anybody: what was tried, and what is wrong with it.

    Where the bot itself cannot be used, nothing else is tried: it would only say the same again.
    """
    bot = bot_of(settings)
    calls = calls_of(bot)
    trouble = _trouble(partial(calls.get_me, bot.token))
    yield "Telegram: bot", trouble
    if trouble:
        return
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
    content, seconds = io.BytesIO(document.content), len(document.content) / UPLOAD_PACE
    calls_of(bot.patient(seconds)).send_data(bot.token, chat_id, content, "document", visible_file_name=document.name)


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
    id: Id
    is_bot: bool = False


class _Chat(msgspec.Struct, frozen=True):
    id: Id
    type: str


class _Words(msgspec.Struct, frozen=True):
    chat: _Chat
    date: Count
    sender: _User = msgspec.field(name="from")
    text: str = ""


class _Place(msgspec.Struct, frozen=True):
    chat: _Chat


class _Press(msgspec.Struct, frozen=True):
    id: str
    message: _Place
    sender: _User = msgspec.field(name="from")
    data: str = ""


class _Update(msgspec.Struct, frozen=True):
    update_id: Count
    message: msgspec.Raw = msgspec.Raw()
    callback_query: msgspec.Raw = msgspec.Raw()


def _update(raw: msgspec.Raw) -> Update | None:
    """One update, empty if it is odd; None if it has not even a number."""
    update = read(raw, _Update)
    if not update:
        return None
    if said := read(update.message, _Words):
        private = (
            _is_private(said.sender, said.chat)
            and not NOT_ONES_OWN_WORD & read(update.message, dict[str, msgspec.Raw]).keys()
        )
        return Update(update.update_id, said.sender.id, said.chat.id, private, said.text, "", "", said.date)
    if press := read(update.callback_query, _Press):
        chat, sender = press.message.chat, press.sender
        private = _is_private(sender, chat)
        return Update(update.update_id, sender.id, chat.id, private, "", press.data, press.id, 0)
    return Update(update.update_id, 0, 0, private=False, text="", data="", callback_id="", sent_at=0)


def _is_private(sender: _User, chat: _Chat) -> bool:
    return chat.type == "private" and chat.id == sender.id and not sender.is_bot
