"""The dead man's switch."""

import logging
import time

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from rfm_service.errors import DestinationDead
from rfm_service.notify.ping import ping
from rfm_service.settings import Alive
from tests.fakes.bot_api import BotApi

SECRET = "canary-of-the-switch"


@pytest.fixture(autouse=True)
def _quiet_server(caplog: pytest.LogCaptureFixture) -> None:
    """The server's log holds the address it is called by; ours must not."""
    caplog.set_level(logging.ERROR, logger="werkzeug")


def test_it_is_called_once(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(f"/{SECRET}", method="GET").respond_with_data("OK")
    ping(Alive(ping_url=SecretStr(httpserver.url_for(f"/{SECRET}"))))
    httpserver.check()
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_answer_that_is_no_yes(httpserver: HTTPServer, status: int, caplog: pytest.LogCaptureFixture) -> None:
    httpserver.expect_request(f"/{SECRET}").respond_with_data("", status, {"Location": "/elsewhere"})
    with caplog.at_level(logging.DEBUG), pytest.raises(DestinationDead, match=str(status)) as caught:
        ping(Alive(ping_url=SecretStr(httpserver.url_for(f"/{SECRET}"))))
    assert SECRET not in repr(caught.value)
    assert len(httpserver.log) == 1


def test_nobody_there() -> None:
    with pytest.raises(DestinationDead) as caught:
        ping(Alive(ping_url=SecretStr(f"http://127.0.0.1:9/{SECRET}")))
    assert SECRET not in repr(caught.value)


def test_a_switch_that_dribbles_does_not_hold_us(api: BotApi) -> None:
    api.faults.append("drip")
    begun = time.monotonic()
    with pytest.raises(DestinationDead, match="TimeoutError"):
        ping(Alive(ping_url=SecretStr(f"{api.url}/{SECRET}"), timeout=0.4))
    assert time.monotonic() - begun < 3
