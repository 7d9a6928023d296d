"""What goes wrong on the way, who is to blame, and that nobody learns the token."""

import logging
import pickle
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.notify.bot_api import Bot
from rfm_service.notify.telegram import send
from rfm_service.records import Message
from tests.fakes.bot_answers import CANNED, FAULTS_OF_CHATS, FAULTS_OF_MESSAGES
from tests.fakes.bot_api import BROKEN, BotApi

from .conftest import ADMIN, TOKEN

SECRET = TOKEN.partition(":")[2]
STRANGER = "Something that is not Telegram answered in its place (HTTP {0})."
TOLD = {
    "html": STRANGER.format(200),
    "empty": STRANGER.format(200),
    "empty_object": STRANGER.format(200),
    "list": STRANGER.format(200),
    "null": STRANGER.format(200),
    "only_ok": STRANGER.format(200),
    "not_utf8": STRANGER.format(200),
    "nested": STRANGER.format(200),
    "endless": STRANGER.format(200),
    "bad_header": STRANGER.format(200),
    "redirect": STRANGER.format(302),
    "502": STRANGER.format(502),
    "echo_html": STRANGER.format(404),
    "429_text": STRANGER.format(429),
    "bad_gzip": "Telegram cannot be reached (DecodeError).",
    "cut": "Telegram cannot be reached (ProtocolError).",
    "drip": "Telegram cannot be reached (TimeoutError).",
    "close": "Telegram cannot be reached (ConnectionError).",
    "reset": "Telegram cannot be reached (ConnectionError).",
    "taken": "Telegram cannot be reached (ConnectionError).",
    "hang": "Telegram cannot be reached (ReadTimeout).",
    "401": "Telegram does not know the bot: mend telegram.token (401).",
    "404": "Telegram does not know the bot: mend telegram.token (404).",
    "403": "Telegram does not take messages: Forbidden: bot was blocked by the user (403).",
    "409": "Another program listens to this bot, or it has a webhook: "
    "Conflict: terminated by other getUpdates request (409).",
    "500": "Telegram does not take messages: Internal Server Error (500).",
    "429": "Telegram asks to wait 7 seconds.",
    "429_without": "Telegram asks to wait 60 seconds.",
    "429_absurd": "Telegram asks to wait 3600 seconds.",
    "429_negative": "Telegram asks to wait 1 seconds.",
    "moved": "The chat has moved: write -1007 into telegram.chat_ids.",
    "413": "Telegram refuses the message: Request Entity Too Large (413).",
    "413_html": "The message is too large for Telegram.",
    "echo": "Telegram does not take messages: Bad Request: cannot make sense of /bot***/sendMessage (400).",
    **{f"400 {words}": f"Telegram does not take messages: Bad Request: {words} (400)." for words in FAULTS_OF_CHATS},
    **{f"400 {words}": f"Telegram refuses the message: Bad Request: {words} (400)." for words in FAULTS_OF_MESSAGES},
}
BLAMES_THE_MESSAGE = {"413", "413_html", *(f"400 {words}" for words in FAULTS_OF_MESSAGES)}


def failure(bot: Bot, caplog: pytest.LogCaptureFixture, message: Message, chat_id: int = ADMIN) -> RfmError:
    """The error of a send, after looking for the token wherever people and logs would see it."""
    with caplog.at_level(logging.DEBUG), pytest.raises((MessageBad, DestinationDead)) as caught:
        send(bot, chat_id, message)
    error = caught.value
    seen = [str(error), repr(error), "".join(traceback.format_exception(error)), caplog.text, repr(bot)]
    assert [text for text in seen if SECRET in text] == []
    return error


@pytest.mark.parametrize("fault", [*CANNED, *BROKEN])
def test_each_fault_is_told_and_blamed(api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    api.faults.append(fault)

    error = failure(replace(bot, timeout=0.2 if fault in {"hang", "drip"} else 5), caplog, Message("hello"))

    assert str(error) == TOLD[fault]
    assert isinstance(error, MessageBad) is (fault in BLAMES_THE_MESSAGE)


@pytest.mark.parametrize("fault", ["reset", "429", "502"])
def test_a_failure_is_not_repeated_here(api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    api.faults.append(fault)

    failure(bot, caplog, Message("hello"))

    assert len(api.raw) == 1


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("429", 7), ("429_without", 60), ("429_absurd", 3600), ("429_negative", 1), ("502", 0), ("reset", 0)],
)
def test_how_long_to_wait(api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture, fault: str, seconds: float) -> None:
    api.faults.append(fault)

    error = failure(bot, caplog, Message("hello"))

    assert isinstance(error, DestinationDead)
    assert error.retry_after == seconds


def test_the_next_message_goes_after_a_fault(api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    api.faults.append("reset")
    failure(bot, caplog, Message("one"))

    send(bot, ADMIN, Message("two"))

    assert api.messages == [(ADMIN, "two")]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://a..b", "http://[", "x:"])
def test_an_address_without_a_telegram(bot: Bot, caplog: pytest.LogCaptureFixture, url: str) -> None:
    error = failure(replace(bot, api_url=url), caplog, Message("hello"))

    assert isinstance(error, DestinationDead)
    assert str(error).startswith("Telegram cannot be reached (")


def test_another_bots_token(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    error = failure(replace(bot, token=f"1:{SECRET}x"), caplog, Message("hello"))

    assert str(error) == "Telegram does not know the bot: mend telegram.token (401)."


@pytest.mark.parametrize("token", [SECRET, f" 1:{SECRET}\n", f"1:{SECRET}/../я?#"])
def test_a_mistyped_token(bot: Bot, caplog: pytest.LogCaptureFixture, token: str) -> None:
    assert isinstance(failure(replace(bot, token=token), caplog, Message("hello")), DestinationDead)


def test_a_chat_that_never_wrote_to_the_bot_keeps_its_messages(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    error = failure(bot, caplog, Message("hello"), 5)

    assert isinstance(error, DestinationDead)
    assert str(error) == "Telegram does not know the chat: write to the bot first, or mend telegram.chat_ids."


def test_an_empty_text_is_a_bad_message(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    error = failure(bot, caplog, Message(" \n"))

    assert isinstance(error, MessageBad)
    assert str(error) == "Telegram refuses the message: Bad Request: message text is empty (400)."


@pytest.mark.parametrize("fault", ["reset", "429", "413_html"])
def test_a_file_that_fails_does_not_repeat_its_text(
    api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture, tmp_path: Path, fault: str
) -> None:
    log = tmp_path / "service.log"
    log.write_text("a line")
    api.faults.extend(["", fault])

    error = failure(bot, caplog, Message("failed", attachment=str(log)))

    assert isinstance(error, MessageBad)
    assert str(error) == f"The text arrived, the file service.log did not: {TOLD[fault]}"
    assert api.messages == [(ADMIN, "failed")]


def test_the_wait_survives_pickle() -> None:
    error = pickle.loads(pickle.dumps(DestinationDead("Wait {0}.", 7, retry_after=7)))

    assert (str(error), error.retry_after) == ("Wait 7.", 7)
