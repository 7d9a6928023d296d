"""What arrives: texts and files, whole, and nothing of them in an address."""

import gzip
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import run

import pytest

from rfm_service.notify.bot_api import Bot
from rfm_service.notify.telegram import send
from rfm_service.records import Message
from tests.fakes.bot_api import BotApi

from .conftest import ADMIN, TOKEN


def test_a_text_arrives(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("Отчёт за 20.11.2026 готов\n<b>100 %</b> & _всё_"))

    assert api.messages == [(ADMIN, "Отчёт за 20.11.2026 готов\n<b>100 %</b> & _всё_")]


def test_the_text_is_in_the_body_not_in_the_address(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("hello"))

    assert api.paths == [f"/bot{TOKEN}/sendMessage"]
    assert b"text=hello" in api.raw[0].partition(b"\r\n")[2]


def test_links_get_no_preview_and_marks_stay_plain(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("https://example.com"))

    assert b"is_disabled%22%3A+true" in api.raw[0]
    assert b"parse_mode" not in api.raw[0]


def test_a_text_of_exactly_the_limit_is_not_touched(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("я" * 4096))

    assert api.messages == [(ADMIN, "я" * 4096)]


def test_a_longer_text_ends_with_an_ellipsis(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("я" * 4097))

    assert api.messages == [(ADMIN, "я" * 4095 + "…")]


def test_an_emoji_is_not_cut_in_half(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("🙂" * 2049))

    assert api.messages == [(ADMIN, "🙂" * 2047 + "…")]


def test_a_lone_surrogate_does_not_stop_the_message(api: BotApi, bot: Bot) -> None:
    send(bot, ADMIN, Message("broken \ud83d name"))

    assert api.messages == [(ADMIN, "broken ? name")]


def test_a_file_arrives_after_its_text(api: BotApi, bot: Bot, tmp_path: Path) -> None:
    log = tmp_path / "журнал.log"
    log.write_bytes(b"\r\n--one\r\n\x00\xfftwo\r\n")

    send(bot, ADMIN, Message("failed", attachment=str(log)))

    assert api.messages == [(ADMIN, "failed")]
    assert api.documents == [(ADMIN, "журнал.log", b"\r\n--one\r\n\x00\xfftwo\r\n")]
    assert b"caption" not in api.raw[1]


def test_a_long_file_is_packed(api: BotApi, bot: Bot, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_bytes(b"0123456789abcdef" * 65536 + b"!")

    send(bot, ADMIN, Message("failed", attachment=str(log)))

    (chat, name, content), *_ = api.documents
    assert (chat, name) == (ADMIN, "service.log.gz")
    assert gzip.decompress(content) == log.read_bytes()


def test_of_a_huge_file_the_end_is_sent(api: BotApi, bot: Bot, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_bytes(b"old" + b"x" * ((20 << 20) - 4) + b"new!")

    send(bot, ADMIN, Message("failed", attachment=str(log)))

    content = gzip.decompress(api.documents[0][2])
    assert len(content) == 20 << 20
    assert content.endswith(b"new!")
    assert b"old" not in content


@pytest.mark.parametrize("name", ["gone.log", "."])
def test_a_file_that_cannot_be_read_leaves_a_mark(api: BotApi, bot: Bot, tmp_path: Path, name: str) -> None:
    send(bot, ADMIN, Message("failed", attachment=str(tmp_path / name)))

    assert api.messages == [(ADMIN, f"failed\n\n📎 ❌ {(tmp_path / name).name}")]
    assert api.documents == []


def test_an_address_may_end_with_a_slash(api: BotApi, bot: Bot) -> None:
    send(replace(bot, api_url=api.url + "/"), ADMIN, Message("hello"))

    assert api.messages == [(ADMIN, "hello")]


def test_the_environment_cannot_put_a_proxy_between(api: BotApi, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    send(bot, ADMIN, Message("hello"))

    assert api.messages == [(ADMIN, "hello")]


def test_telebot_is_not_loaded_before_the_first_message() -> None:
    program = "import sys, rfm_service.notify.telegram; print(*{'telebot', 'requests'} & set(sys.modules))"

    assert run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_half_a_workbook_is_not_sent(api: BotApi, bot: Bot, tmp_path: Path) -> None:
    workbook = tmp_path / "RFM.xlsx"
    workbook.write_bytes(b"PK" + b"x" * (20 << 20))

    send(bot, ADMIN, Message("", attachment=str(workbook)))

    assert api.documents == []
    assert api.messages == [(ADMIN, "📎 ❌ RFM.xlsx")]


def test_a_long_file_may_take_its_time(api: BotApi, bot: Bot, tmp_path: Path) -> None:
    workbook = tmp_path / "RFM.xlsx"
    workbook.write_bytes(b"x" * (1 << 20))
    api.thinks = 1.0

    send(replace(bot, timeout=0.2), ADMIN, Message("", attachment=str(workbook)))

    assert [name for _, name, _ in api.documents] == ["RFM.xlsx"]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\r", "\r\n", "\x0b"])
def test_every_kind_of_line_end_is_one(api: BotApi, bot: Bot, sign: str) -> None:
    send(bot, ADMIN, Message(f"one{sign}two"))

    assert api.messages == [(ADMIN, "one\ntwo")]
