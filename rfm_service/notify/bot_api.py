"""The one way to call Telegram's Bot API.

A bot's token is part of every URL of the Bot API, so nothing here lets a URL out: not in an error, not in the log.
telebot and requests weigh 32 MiB and are loaded with the first call, not before.
"""

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, NoReturn

import msgspec

from rfm_service.errors import DestinationDead, MessageBad
from rfm_service.notify.patience import within
from rfm_service.settings import Telegram

LONGEST_ANSWER = 64 << 20
CHUNK = 1 << 16
TAKES = 2
PAUSE = 60.0
LONGEST_PAUSE = 3600.0
FAULTS_OF_THE_MESSAGE = (
    "text is empty",
    "text must be non-empty",
    "too long",
    "too_long",
    "can't parse",
    "can't find end",
    "must be encoded in utf-8",
    "file must be non-empty",
    "file is too big",
    "file_parts_invalid",
    "button_",
)
"""What the Bot API says of a message that it will never take, whoever it is for. Any other refusal is of the chat."""

REFUSED_BY_PROXY = ("failed: 407", "authentication")
"""In errors of urllib3 and PySocks."""

LOGGERS_OF_URLS = ("TeleBot", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


@dataclass(frozen=True)
class Bot:
    """A bot and the way to it. `timeout` is seconds of silence to bear; a whole call takes at most twice as long."""

    token: str = field(repr=False)
    api_url: str
    timeout: float
    proxy: str = field(default="", repr=False)

    def patient(self, seconds: float) -> "Bot":
        """The same, for calls that are answered after so many seconds."""
        return replace(self, timeout=self.timeout + seconds)


def bot_of(settings: Telegram) -> Bot:
    """The bot of the settings."""
    return Bot(settings.token.get_secret_value(), settings.api_url, settings.timeout, settings.proxy.get_secret_value())


def calls_of(bot: Bot, result: Any = Any) -> Any:
    """telebot's calls of the Bot API, made to go through here. Its settings are globals: one bot a process.

    They give a `result` of that type, or raise MessageBad or DestinationDead.
    """
    from telebot import apihelper

    calls: Any = apihelper
    calls.API_URL = bot.api_url.rstrip("/") + "/bot{0}/{1}"
    calls.CUSTOM_REQUEST_SENDER = partial(_post, bot, result)
    keep_urls_out_of_the_log()
    return calls


def keep_urls_out_of_the_log() -> None:
    """Silence the libraries that would write a secret address into it."""
    for name in LOGGERS_OF_URLS:
        logging.getLogger(name).disabled = True


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: float = PAUSE
    migrate_to_chat_id: int = 0


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = _Parameters()


class _Accepted(NamedTuple):
    """As much of a response as telebot looks at."""

    result: Any
    text: str = ""

    def json(self) -> dict[str, Any]:
        return {"ok": True, "result": self.result}


def _post(bot: Bot, kind: Any, _method: str, url: str, *, params: Any, files: Any, **_telebots: Any) -> _Accepted:
    try:
        status, body = within(TAKES * bot.timeout, partial(_exchange, bot, url, params, files))
    except Exception as error:  # noqa: BLE001  the text of any of them may hold the URL
        raise _unreached(bot, error) from None
    answer = read(body, _Answer)
    result = read(answer.result, kind) if answer and answer.ok else None
    if result is not None:
        return _Accepted(result)
    if answer and not answer.ok and answer.error_code:
        description = answer.description.replace(bot.token, "***")
        _refuse(answer.error_code, description, answer.parameters)
    if status == 407:
        raise _not_let_in()
    if status == 413:
        raise MessageBad("The message is too large for Telegram.")
    raise DestinationDead("Something that is not Telegram answered in its place (HTTP {0}).", status)


def _exchange(bot: Bot, url: str, fields: Any, files: Any) -> tuple[int, bytes]:
    import requests

    session = requests.Session()
    session.trust_env, session.stream = False, True
    session.proxies = dict.fromkeys(("http", "https"), bot.proxy) if bot.proxy else {}
    with session, session.post(url, data=fields, files=files, timeout=bot.timeout, allow_redirects=False) as response:
        body = bytearray()
        while piece := response.raw.read1(CHUNK, decode_content=True):
            body += piece
            if len(body) > LONGEST_ANSWER:
                break
        return response.status_code, bytes(body)


def _unreached(bot: Bot, error: Exception) -> DestinationDead:
    if bot.proxy and any(sign in str(error) for sign in REFUSED_BY_PROXY):
        return _not_let_in()
    if bot.proxy:
        return DestinationDead("Telegram cannot be reached through telegram.proxy ({0}).", type(error).__name__)
    return DestinationDead("Telegram cannot be reached ({0}).", type(error).__name__)


def _not_let_in() -> DestinationDead:
    return DestinationDead("The proxy does not let us in: mend the user and the password in telegram.proxy.")


def read(body: bytes | msgspec.Raw, kind: Any) -> Any:
    """What the JSON holds; None when it is something else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _refuse(code: int, description: str, parameters: _Parameters) -> NoReturn:
    if parameters.migrate_to_chat_id:
        raise DestinationDead("The chat has moved: write {0} into telegram.chat_ids.", parameters.migrate_to_chat_id)
    if "chat not found" in description:
        raise DestinationDead("Telegram does not know the chat: write to the bot first, or mend telegram.chat_ids.")
    if code == 413 or (code == 400 and any(fault in description.lower() for fault in FAULTS_OF_THE_MESSAGE)):
        raise MessageBad("Telegram refuses the message: {0} ({1}).", description, code)
    if code in (401, 404):
        raise DestinationDead("Telegram does not know the bot: mend telegram.token ({0}).", code)
    if code == 409:
        raise DestinationDead("Another program listens to this bot, or it has a webhook: {0} ({1}).", description, code)
    if code == 429:
        pause = min(max(parameters.retry_after, 1.0), LONGEST_PAUSE)
        raise DestinationDead("Telegram asks to wait {0} seconds.", round(pause), retry_after=pause)
    raise DestinationDead("Telegram does not take messages: {0} ({1}).", description, code)
