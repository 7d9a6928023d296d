"""Telegram through a proxy, and nothing past it."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest

from rfm_service.errors import DestinationDead
from rfm_service.notify.bot_api import Bot
from rfm_service.notify.telegram import fetch_updates, send
from rfm_service.records import Message
from tests.fakes.bot_api import BotApi
from tests.fakes.proxies import PASSWORD, USER, Http, Proxy, Socks5

from .conftest import ADMIN

FAR = "telegram.invalid"  # no such host: only a proxy can find it
PROXIES = [pytest.param("http", Http, id="http"), pytest.param("socks5h", Socks5, id="socks5h")]


def behind(bot: Bot, scheme: str, proxy: Proxy, password: str = PASSWORD) -> Bot:
    port = bot.api_url.rpartition(":")[2]
    login = f"{quote(USER)}:{quote(password, safe='')}"
    return replace(bot, api_url=f"http://{FAR}:{port}", proxy=f"{scheme}://{login}@127.0.0.1:{proxy.port}")


@pytest.mark.parametrize(("scheme", "kind"), PROXIES)
def test_everything_goes_through_the_proxy(api: BotApi, bot: Bot, scheme: str, kind: Callable[[], Proxy]) -> None:
    with kind() as proxy:
        far = behind(bot, scheme, proxy)
        send(far, ADMIN, Message("Привет"))
        api.says(ADMIN, "/status")
        assert [update.text for update in fetch_updates(far, 0, 0)] == ["/status"]
    assert api.messages == [(ADMIN, "Привет")]
    assert proxy.asked == [FAR, FAR]


@pytest.mark.parametrize(("scheme", "kind"), PROXIES)
def test_a_proxy_that_does_not_know_us(
    api: BotApi, bot: Bot, scheme: str, kind: Callable[[], Proxy], caplog: pytest.LogCaptureFixture
) -> None:
    with kind() as proxy, caplog.at_level(logging.DEBUG), pytest.raises(DestinationDead) as caught:
        send(behind(bot, scheme, proxy, "canary/wrong"), ADMIN, Message("hello"))
    assert str(caught.value) == "The proxy does not let us in: mend the user and the password in telegram.proxy."
    assert "canary" not in f"{caught.value!r} {caplog.text}"
    assert api.messages == []


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_is_not_there(bot: Bot, scheme: str) -> None:
    with Socks5() as gone:
        pass
    with pytest.raises(DestinationDead, match=r"through telegram\.proxy"):
        send(behind(bot, scheme, gone), ADMIN, Message("hello"))


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_dribbles_does_not_hold_us(api: BotApi, bot: Bot, scheme: str) -> None:
    api.faults.append("drip")
    begun = time.monotonic()
    with Http() if scheme == "http" else Socks5() as proxy, pytest.raises(DestinationDead, match="TimeoutError"):
        fetch_updates(replace(behind(bot, scheme, proxy), timeout=0.4), 0, 0)
    assert time.monotonic() - begun < 3
