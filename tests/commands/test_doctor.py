"""`doctor`: everything that a night needs, tried without a trace."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from rfm_service.clock import SystemClock, today
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from tests.commands.program import run
from tests.conftest import TOKEN as TOKEN_OF_ERP
from tests.fakes.bot_api import BotApi

TOKEN, ADMIN, STRANGER = "123456:token-of-the-tests", 1001, 2002


@pytest.fixture
def current(home: Home) -> Iterator[ErpServer]:
    """An ERP whose newest sales are yesterday's: `doctor` asks for days before today."""
    yesterday = today(SystemClock(), home.settings.erp.zone) - 1
    with ErpServer(make_shop(yesterday, customers=20), TOKEN_OF_ERP) as server:
        yield server


def test_the_bot_and_its_chats_are_tried_and_nobody_is_written_to(home: Home) -> None:
    with BotApi(TOKEN, chats={ADMIN}) as api:
        telegram = {
            "RFM_TELEGRAM__TOKEN": TOKEN,
            "RFM_TELEGRAM__API_URL": api.url,
            "RFM_TELEGRAM__CHAT_IDS": json.dumps([ADMIN, STRANGER]),
        }
        code, output, _ = run(home, "doctor", **telegram)
        assert api.messages == []
    assert code == 1
    assert f"Telegram: chat {ADMIN}: in order\n" in output
    assert f"! Telegram: chat {STRANGER}: Telegram does not know the chat" in output


def test_a_wrong_token_is_told_once(home: Home) -> None:
    with BotApi(TOKEN, chats={ADMIN}) as api:
        telegram = {
            "RFM_TELEGRAM__TOKEN": "123456:canary-of-another-bot",
            "RFM_TELEGRAM__API_URL": api.url,
            "RFM_TELEGRAM__CHAT_IDS": json.dumps([ADMIN]),
        }
        _, output, _ = run(home, "doctor", **telegram)
    assert output.count("! Telegram: ") == output.count("Telegram: ") == 1


def test_a_way_to_people_that_lacks_an_end(home: Home) -> None:
    half_set = {"RFM_TELEGRAM__CHAT_IDS": "[1001]", "RFM_MAIL__RECIPIENTS": '["admin@shop.ru"]'}
    _, output, _ = run(home, "doctor", **half_set)
    assert "! Telegram: telegram.chat_ids is set, telegram.token is not: nobody hears of failures this way." in output
    assert "! Mail: mail.recipients is set, mail.host is not: nobody hears of failures this way." in output


def test_a_mail_server_that_is_not_there(home: Home) -> None:
    mail = {
        "RFM_MAIL__HOST": "127.0.0.1",
        "RFM_MAIL__PORT": "9",
        "RFM_MAIL__SENDER": "rfm@shop.ru",
        "RFM_MAIL__RECIPIENTS": '["admin@shop.ru"]',
    }
    code, output, _ = run(home, "doctor", **mail)
    assert code == 1
    assert "! Mail: 127.0.0.1: The mail server 127.0.0.1 cannot be reached" in output


def test_a_secret_that_others_may_read(home: Home) -> None:
    secret = home.path / ".env"
    secret.write_text("RFM_TELEGRAM__TOKEN=1:canary\n", encoding="utf-8")
    secret.chmod(0o644)
    assert f"{secret} holds a secret, and other users may read it: chmod 600." in run(home, "doctor")[1]
    secret.chmod(0o600)
    assert "chmod" not in run(home, "doctor")[1]


def test_nothing_is_wrong_and_nothing_left_behind(home: Home, current: ErpServer) -> None:
    code, output, errors = run(home, "doctor", RFM_ERP__URL=current.url)
    assert (code, errors) == (0, "")
    assert output.endswith("Nothing is wrong.\n")
    assert str(home.path / "reports" / "analysts") in output
    assert re.search(r"^\d{4}-\d\d-\d\d: \d+ lines, [\d,]+\xa0₽$", output, re.MULTILINE)
    assert [path.name for path in home.path.iterdir()] == ["config"]


def test_the_entity_that_is_not_published_is_named(home: Home, current: ErpServer) -> None:
    odata = {
        "RFM_ERP__SOURCE": "odata",
        "RFM_ERP__URL": current.odata_url,
        "RFM_ERP__AUTH": "basic",
        "RFM_ERP__TOKEN": f"Админ:{TOKEN_OF_ERP}",
        "RFM_ERP__ODATA__SITE_ID": "ИдНаСайте",
    }
    assert run(home, "doctor", **odata)[0] == 0
    code, output, _ = run(home, "doctor", RFM_ERP__ODATA__CATALOGS__PARTNERS="Catalog_Клиенты", **odata)
    assert code == 1
    assert "! Catalog_Клиенты: " in output


def test_an_erp_that_is_off_is_asked_once(home: Home) -> None:
    """Four tries would be two minutes of silence."""
    begun = time.monotonic()
    code, output, _ = run(home, "doctor", RFM_ERP__URL="http://127.0.0.1:9/", RFM_ERP__RETRY_PAUSE="30")
    assert code == 1
    assert "No connection to the ERP" in output
    assert time.monotonic() - begun < 30
