"""What people write to the bot, and everything that may come in its place."""

import json
import logging
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from rfm_service.errors import DestinationDead
from rfm_service.notify.bot_api import Bot
from rfm_service.notify.telegram import answer_callback, examine, fetch_updates, send
from rfm_service.records import Button, Message, Update
from rfm_service.settings import Telegram
from tests.fakes.bot_answers import CANNED, Canned
from tests.fakes.bot_api import BROKEN, BotApi

from .conftest import ADMIN, TOKEN

SECRET = TOKEN.partition(":")[2]
STRANGER = 2002
PERSON = {"id": ADMIN, "is_bot": False}
PRIVATE = {"id": ADMIN, "type": "private"}
ODD_UPDATES: dict[str, dict[str, Any]] = {
    "edited": {"edited_message": {"chat": PRIVATE, "from": PERSON, "date": 1, "text": "/run"}},
    "a channel's": {"channel_post": {"chat": {"id": -1, "type": "channel"}, "date": 1, "text": "/run"}},
    "nothing in it": {},
    "a message of null": {"message": None},
    "a message of text": {"message": "/run"},
    "a message of a list": {"message": ["/run"]},
    "nobody's": {"message": {"chat": PRIVATE, "date": 1, "text": "/run"}},
    "nowhere": {"message": {"from": PERSON, "date": 1, "text": "/run"}},
    "a user of text": {"message": {"chat": PRIVATE, "from": "admin", "date": 1, "text": "/run"}},
    "an id of text": {"message": {"chat": PRIVATE, "from": {"id": str(ADMIN)}, "date": 1, "text": "/run"}},
    "an id of a fraction": {"message": {"chat": PRIVATE, "from": {"id": ADMIN + 0.5}, "date": 1, "text": "/run"}},
    "text of a number": {"message": {"chat": PRIVATE, "from": PERSON, "date": 1, "text": 7}},
    "no date": {"message": {"chat": PRIVATE, "from": PERSON, "text": "/run"}},
    "a press of nothing": {"callback_query": {"id": "1", "from": PERSON, "data": "accept 2026-11-01"}},
    "a press of null": {"callback_query": None},
}
NOT_OWN_WORDS: dict[str, dict[str, Any]] = {
    "in a group": {"chat": {"id": -5, "type": "group"}},
    "in a supergroup": {"chat": {"id": -5, "type": "supergroup"}},
    "in somebody else's chat": {"chat": {"id": STRANGER, "type": "private"}},
    "forwarded": {"forward_origin": {"type": "user", "sender_user": PERSON, "date": 1}},
    "forwarded, the old way": {"forward_date": 1},
    "by another bot": {"via_bot": {"id": 7, "is_bot": True}},
    "for a chat": {"sender_chat": {"id": -5, "type": "channel"}},
    "edited": {"edit_date": 1},
}
GOOD = json.dumps({"update_id": 9, "message": {"chat": PRIVATE, "from": PERSON, "date": 1, "text": "/status"}})


def answer_once(api: BotApi, monkeypatch: pytest.MonkeyPatch, updates: str) -> None:
    """The next answer holds these updates, as they stand."""
    monkeypatch.setitem(CANNED, "as it stands", Canned(200, f'{{"ok": true, "result": [{updates}]}}'.encode()))
    api.faults.append("as it stands")


def test_what_an_admin_writes(api: BotApi, bot: Bot) -> None:
    api.says(ADMIN, "/status", date=1_790_000_000)
    assert fetch_updates(bot, 0, 0) == [Update(1001, ADMIN, ADMIN, True, "/status", "", "", 1_790_000_000)]


def test_a_button(api: BotApi, bot: Bot) -> None:
    api.presses(ADMIN, "accept 2026-11-01")
    (update,) = fetch_updates(bot, 0, 0)
    assert update == Update(1001, ADMIN, ADMIN, True, "", "accept 2026-11-01", f"press-{ADMIN}", 0)
    answer_callback(bot, update.callback_id)
    assert api.presses_answered == [f"press-{ADMIN}"]


def test_what_is_before_the_offset_is_forgotten(api: BotApi, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        api.says(ADMIN, text)
    assert [update.text for update in fetch_updates(bot, 1002, 0)] == ["two", "three"]
    assert [update.text for update in fetch_updates(bot, 0, 0)] == ["two", "three"]
    assert fetch_updates(bot, 1004, 1) == []


def test_a_long_poll_ends_with_the_first_word(api: BotApi, bot: Bot) -> None:
    threading.Timer(0.3, api.says, (ADMIN, "/help")).start()
    begun = time.monotonic()
    assert [update.text for update in fetch_updates(bot, 0, 20)] == ["/help"]
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("odd", ODD_UPDATES.values(), ids=ODD_UPDATES)
def test_an_odd_update_comes_empty_and_disturbs_nobody(api: BotApi, bot: Bot, odd: dict[str, Any]) -> None:
    api.says(ADMIN, "before")
    api.happens(message={"chat": PRIVATE, "from": PERSON, "date": 1, "text": "after"}, update_id=1003)
    api._updates.insert(1, {"update_id": 1002} | odd)
    found = {update.update_id: update for update in fetch_updates(bot, 0, 0)}
    assert (found[1001].text, found[1003].text) == ("before", "after")
    if 1002 in found:  # Telegram sends no kind that was not asked for
        assert (found[1002].private, found[1002].text, found[1002].data) == (False, "", "")


@pytest.mark.parametrize("odd", NOT_OWN_WORDS.values(), ids=NOT_OWN_WORDS)
def test_a_word_that_is_not_ones_own_is_not_private(api: BotApi, bot: Bot, odd: dict[str, Any]) -> None:
    api.says(ADMIN, "/run", **odd)
    (update,) = fetch_updates(bot, 0, 0)
    assert not update.private


def test_a_press_in_a_group_is_not_private(api: BotApi, bot: Bot) -> None:
    api.presses(ADMIN, "accept 2026-11-01", message={"chat": {"id": -5, "type": "group"}})
    assert [update.private for update in fetch_updates(bot, 0, 0)] == [False]


@pytest.mark.parametrize("number", ["0", "-1", str(2**63), str(2**200), '"7"', "null", "1.5", "true", "{}"])
def test_an_update_without_a_number_is_left_out(
    api: BotApi, bot: Bot, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    answer_once(api, monkeypatch, f'{{"update_id": {number}}}, {GOOD}')
    assert [update.text for update in fetch_updates(bot, 0, 0)] == ["/status"]


def test_where_no_update_has_a_number_somebody_is_told(api: BotApi, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_once(api, monkeypatch, "{}, 7")
    with pytest.raises(DestinationDead, match="2 updates, none of which can be read"):
        fetch_updates(bot, 0, 0)


@pytest.mark.parametrize("value", ["1" + "0" * 5000, "1e999", "[" * 300 + "]" * 300, "-0", '"\\u0000"'])
def test_a_value_that_nobody_can_read_makes_only_its_own_update_odd(
    api: BotApi, bot: Bot, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    answer_once(api, monkeypatch, f'{{"update_id": 8, "message": {value}}}, {GOOD}')
    assert [(update.update_id, update.text) for update in fetch_updates(bot, 0, 0)] == [(8, ""), (9, "/status")]


@pytest.mark.parametrize("odd", [{"from": {"id": 2**63}}, {"from": {"id": 2**70}}, {"date": 2**63}, {"date": -1}])
def test_numbers_that_the_store_cannot_hold_never_reach_it(api: BotApi, bot: Bot, odd: dict[str, Any]) -> None:
    api.says(ADMIN, "/run", **odd)
    assert fetch_updates(bot, 0, 0) == [Update(1001, 0, 0, False, "", "", "", 0)]


def test_a_bot_is_not_a_person(api: BotApi, bot: Bot) -> None:
    api.says(ADMIN, "/run", **{"from": {"id": ADMIN, "is_bot": True}})
    assert [update.private for update in fetch_updates(bot, 0, 0)] == [False]


def test_ten_megabytes(api: BotApi, bot: Bot) -> None:
    api.says(ADMIN, "я" * 5_000_000)
    assert len(fetch_updates(bot, 0, 0)[0].text) == 5_000_000


@pytest.mark.parametrize("fault", [*CANNED, *BROKEN])
def test_whatever_answers_is_no_update(api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    api.says(ADMIN, "/status")
    api.faults.append(fault)
    with caplog.at_level(logging.DEBUG), pytest.raises(DestinationDead) as caught:
        fetch_updates(replace(bot, timeout=0.3), 0, 0)
    assert SECRET not in f"{caught.value!r} {caught.value} {caplog.text}"
    assert [update.text for update in fetch_updates(bot, 0, 0)] == ["/status"]


def test_headers_that_trickle_do_not_hold_us(api: BotApi, bot: Bot) -> None:
    api.faults.append("drip")
    begun = time.monotonic()
    with pytest.raises(DestinationDead):
        fetch_updates(replace(bot, timeout=0.5), 0, 0)
    assert time.monotonic() - begun < 5


def test_two_who_listen(api: BotApi, bot: Bot) -> None:
    other = threading.Thread(target=fetch_updates, args=(bot, 0, 2))
    other.start()
    time.sleep(0.5)
    with pytest.raises(DestinationDead, match="Another program listens to this bot"):
        fetch_updates(bot, 0, 0)
    other.join()


def test_buttons_and_a_menu(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("which?", buttons=[Button("Принять", "accept 2026-11-01")]))
    send(bot, ADMIN, Message("what?", menu=[["Статус", "Отчёт"], ["Помощь"]]))
    inline, menu = api.markups
    assert inline == {"inline_keyboard": [[{"text": "Принять", "callback_data": "accept 2026-11-01"}]]}
    assert menu["keyboard"] == [[{"text": "Статус"}, {"text": "Отчёт"}], [{"text": "Помощь"}]]


def test_the_bot_is_tried_without_a_word(api: BotApi) -> None:
    settings = Telegram.model_validate(
        {"token": TOKEN, "api_url": api.url, "chat_ids": [ADMIN, STRANGER], "timeout": 5}
    )
    found = dict(examine(settings))
    assert [subject for subject, trouble in found.items() if trouble] == [f"Telegram: chat {STRANGER}"]
    assert str(found[f"Telegram: chat {STRANGER}"]).startswith("Telegram does not know the chat")
    api.webhook = "https://example.com"
    assert "webhook" in str(dict(examine(settings))["Telegram: webhook"])
    assert api.messages == []
