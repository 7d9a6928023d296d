"""The way to Telegram: one message, one try.

A bot's token is part of every URL of the Bot API, so nothing here lets a URL out: not in an error, not in the log.
telebot and requests weigh 32 MiB and are loaded with the first message, not before.
"""

import gzip
import io
import logging
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.records import Message
from rfm_service.settings import Telegram

LONGEST_TEXT = 4096
LONGEST_FILE = 20 << 20
LONGEST_PLAIN_FILE = 1 << 20
LONGEST_ANSWER = 1 << 20
PAUSE = 60.0
LONGEST_PAUSE = 3600.0
LOGGERS_OF_URLS = ("TeleBot", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


@dataclass(frozen=True)
class Destination:
    """A chat and the bot that writes there. `timeout` is seconds to connect, and seconds of silence to bear."""

    token: str = field(repr=False)
    chat_id: int
    api_url: str
    timeout: float


def destination_of(bot: Telegram, chat_id: int) -> Destination:
    """A chat, written to by the bot of the settings."""
    return Destination(bot.token.get_secret_value(), chat_id, bot.api_url, bot.timeout)


def send(destination: Destination, message: Message) -> None:
    """Deliver the text, then the file. A file that cannot be read is marked in the text; of a long one the end is sent.

    Raises MessageBad or DestinationDead. When only the file failed it is MessageBad: the text must not come twice.
    """
    text, file = message.text, Path(message.attachment)
    document = _document(file) if message.attachment else None
    if message.attachment and not document:
        text += f"\n\n📎 ❌ {file.name}"
    _send_text(destination, text)
    if document:
        try:
            _send_document(destination, document)
        except RfmError as error:
            raise MessageBad("The text arrived, the file {0} did not: {1}", document.name, str(error)) from None


class _Document(NamedTuple):
    name: str
    content: bytes


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: float = PAUSE
    migrate_to_chat_id: int = 0


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    result: dict[str, Any] = {}
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = _Parameters()


class _Accepted(NamedTuple):
    """As much of a response as telebot looks at."""

    result: dict[str, Any]
    text: str = ""

    def json(self) -> dict[str, Any]:
        return {"ok": True, "result": self.result}


def _document(path: Path) -> _Document | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST_FILE))
            content = file.read(LONGEST_FILE)
    except OSError:
        return None
    if len(content) > LONGEST_PLAIN_FILE:
        return _Document(f"{path.name}.gz", gzip.compress(content))
    return _Document(path.name, content)


def _send_text(destination: Destination, text: str) -> None:
    from telebot.types import LinkPreviewOptions

    _calls(destination).send_message(
        destination.token,
        destination.chat_id,
        _shortened(text),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


def _send_document(destination: Destination, document: _Document) -> None:
    _calls(destination).send_data(
        destination.token,
        destination.chat_id,
        io.BytesIO(document.content),
        "document",
        visible_file_name=document.name,
    )


def _shortened(text: str) -> str:
    """What Telegram takes, measured in UTF-16 units as it does; a lone half of a pair becomes `?`."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * LONGEST_TEXT:
        return units.decode("utf-16-le")
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def _calls(destination: Destination) -> Any:
    """telebot's calls of the Bot API, made to go through `_post`. Its settings are globals: one bot a process."""
    from telebot import apihelper

    calls: Any = apihelper
    calls.API_URL = destination.api_url.rstrip("/") + "/bot{0}/{1}"
    calls.CUSTOM_REQUEST_SENDER = partial(_post, destination)
    for name in LOGGERS_OF_URLS:
        logging.getLogger(name).disabled = True
    return calls


def _post(destination: Destination, _method: str, url: str, *, params: Any, files: Any, **_telebots: Any) -> _Accepted:
    try:
        status, body = _exchange(url, params, files, destination.timeout)
    except Exception as error:  # noqa: BLE001  the text of any of them may hold the URL
        raise DestinationDead("Telegram cannot be reached ({0}).", type(error).__name__) from None
    answer = _read(body)
    if answer and answer.ok and answer.result:
        return _Accepted(answer.result)
    if answer and not answer.ok and answer.error_code:
        description = answer.description.replace(destination.token, "***")
        _refuse(answer.error_code, description, answer.parameters)
    if status == 413:
        raise MessageBad("The message is too large for Telegram.")
    raise DestinationDead("Something that is not Telegram answered in its place (HTTP {0}).", status)


def _exchange(url: str, fields: Any, files: Any, timeout: float) -> tuple[int, bytes]:
    import requests

    session = requests.Session()
    session.trust_env, session.stream = False, True
    with session, session.post(url, data=fields, files=files, timeout=timeout, allow_redirects=False) as response:
        body = b""
        for piece in response.iter_content(LONGEST_ANSWER):
            body += piece
            if len(body) > LONGEST_ANSWER:
                break
        return response.status_code, body


def _read(body: bytes) -> _Answer | None:
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _refuse(code: int, description: str, parameters: _Parameters) -> NoReturn:
    if parameters.migrate_to_chat_id:
        raise DestinationDead("The chat has moved: write {0} into telegram.chat_ids.", parameters.migrate_to_chat_id)
    if "chat not found" in description:
        raise DestinationDead("Telegram does not know the chat: write to the bot first, or mend telegram.chat_ids.")
    if code in (400, 413):
        raise MessageBad("Telegram refuses the message: {0} ({1}).", description, code)
    if code in (401, 404):
        raise DestinationDead("Telegram does not know the bot: mend telegram.token ({0}).", code)
    if code == 429:
        pause = min(max(parameters.retry_after, 1.0), LONGEST_PAUSE)
        raise DestinationDead("Telegram asks to wait {0} seconds.", round(pause), retry_after=pause)
    raise DestinationDead("Telegram does not take messages: {0} ({1}).", description, code)
