"""A way out that is missing, refuses or hangs holds up no other, and nothing that waits for it is lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from rfm_service.delivery import post_due
from rfm_service.home import Home
from rfm_service.records import Lane, Message
from rfm_service.settings import Alive, Mail, ReportSettings, Settings, Telegram
from rfm_service.store import outbox, spool
from rfm_service.store.connection import opened, transaction
from rfm_service.workers import Limits
from tests.delivery.test_post_due import note_files
from tests.fakes.bot_api import BotApi
from tests.fakes.parts import ABSENT, CRASHING, HANGING, deserted_port, put_libraries, silent_server
from tests.notify.test_mail import ADMIN as MAILBOX, scripted
from tests.sync.builders import HandClock

TOKEN, ADMIN = "123456:token-of-the-tests", 1001
LETTERS = {"telegram": f"telegram:{ADMIN}", "mail": f"mail:{MAILBOX}", "ping": "ping:"}
NAME, RUN = "2026-11-20", "2026-11-20-1"


class World:
    """A bot, a mail server and a switch that work, and the settings that lead to them."""

    def __init__(self, path: Path, server: HTTPServer, stack: ExitStack) -> None:
        self.path = path
        self.clock = HandClock()
        self._server = server
        self._bot = stack.enter_context(BotApi(TOKEN, chats={ADMIN}))
        self._script, mail = stack.enter_context(scripted())
        server.expect_request("/ping").respond_with_data("OK")
        self.sound: dict[str, Any] = {
            "language": "en",
            "telegram": Telegram(token=SecretStr(TOKEN), chat_ids=[ADMIN], api_url=self._bot.url, timeout=2),
            "mail": mail,
            "alive": Alive(ping_url=SecretStr(server.url_for("/ping")), timeout=2),
        }
        with opened(self.home().database) as store, transaction(store):
            for address in LETTERS.values():
                outbox.add_message(store, [address], Message("trouble", lane=Lane.ALERT), self.clock.now())

    def home(self, **broken: Any) -> Home:
        """The home under settings of which some are other than sound."""
        home = Home(self.path, self.path / "service.toml", Settings.model_construct(**self.sound | broken))
        home.database.parent.mkdir(exist_ok=True)
        return home

    def post(self, home: Home) -> None:
        """One round by real workers."""
        with opened(home.database) as store:
            post_due(home, store, self.clock, lambda *_: None)
        self.clock.pass_hours(1)

    @property
    def arrived(self) -> set[str]:
        """The ways by which the letter has come; fails when it came twice."""
        came = {"telegram": len(self._bot.messages), "mail": self._script.letters, "ping": len(self._server.log)}
        assert max(came.values()) <= 1
        return {way for way, times in came.items() if times}


@pytest.fixture
def world(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("rfm_service.delivery.SEND_LIMITS", Limits(minutes=0.08))
    monkeypatch.setattr("rfm_service.delivery.PUBLISH_LIMITS", Limits(minutes=0.08))
    with ExitStack() as stack:
        yield World(tmp_path, httpserver, stack)


@pytest.mark.parametrize("state", [ABSENT, CRASHING, HANGING], ids=["absent", "crashing", "hanging"])
def test_without_telebot_everything_else_goes_out(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    with monkeypatch.context() as broken:
        broken.syspath_prepend(put_libraries(tmp_path / "libraries", state, "telebot"))
        world.post(world.home())
    assert world.arrived == {"mail", "ping"}
    assert "Messages by telegram were not sent: The step send_messages" in caplog.text
    world.post(world.home())
    assert world.arrived == set(LETTERS)


def test_without_pysocks_a_proxy_is_out_of_reach(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot = world.sound["telegram"].model_copy(update={"proxy": SecretStr("socks5h://u:canary@127.0.0.1:9")})
    with monkeypatch.context() as broken:
        broken.syspath_prepend(put_libraries(tmp_path / "libraries", ABSENT, "socks"))
        world.post(world.home(telegram=bot))
    assert world.arrived == {"mail", "ping"}
    assert "Telegram cannot be reached through telegram.proxy (InvalidSchema)" in caplog.text
    world.post(world.home())
    assert world.arrived == set(LETTERS)


def led_to(port: int, world: World) -> dict[str, dict[str, Any]]:
    """Settings that lead one way to this port, by what is so led."""
    bot, mail = world.sound["telegram"], world.sound["mail"]
    proxies = (f"{scheme}://u:canary@127.0.0.1:{port}" for scheme in ("http", "socks5h"))
    http, socks = (bot.model_copy(update={"proxy": SecretStr(proxy), "timeout": 0.5}) for proxy in proxies)
    url = f"http://127.0.0.1:{port}"
    return {
        "telegram": {"telegram": bot.model_copy(update={"api_url": url, "timeout": 0.5})},
        "telegram by an HTTP proxy": {"telegram": http},
        "telegram by a SOCKS proxy": {"telegram": socks},
        "mail": {"mail": mail.model_copy(update={"port": port, "timeout": 0.1})},
        "mail over TLS": {"mail": Mail(**mail.model_dump() | {"port": port, "timeout": 0.1, "security": "tls"})},
        "ping": {"alive": Alive(ping_url=SecretStr(f"{url}/canary"), timeout=0.5)},
    }


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "says nothing"])
@pytest.mark.parametrize(
    "way", ["telegram", "telegram by an HTTP proxy", "telegram by a SOCKS proxy", "mail", "mail over TLS", "ping"]
)
def test_a_way_that_is_dead_holds_up_no_other(
    world: World, way: str, silent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with silent_server() as port:
        home = world.home(**led_to(port if silent else deserted_port(), world)[way])
        world.post(home)
    assert world.arrived == set(LETTERS) - {way.split(maxsplit=1)[0]}
    assert "cannot be reached" in caplog.text
    assert "canary" not in caplog.text
    world.post(world.home())
    assert world.arrived == set(LETTERS)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ABSENT, "Reason: Cannot write into {0}: smb:// needs the library smbprotocol."),
        (CRASHING, "Reason: The step publish_report was killed by SIGABRT."),
        (HANGING, "Reason: The step publish_report was stopped after 5 seconds."),
        ("", "Reason: Cannot write into {0}: the server does not answer"),
        ("silent", "Reason: The step publish_report was stopped after 5 seconds."),
    ],
    ids=["absent", "crashing", "hanging", "refuses", "says nothing"],
)
def test_a_share_that_is_out_of_order_holds_up_no_other_folder(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, told: str
) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(silent_server()) if state == "silent" else deserted_port()
        share = f"smb://127.0.0.1:{port}/reports"
        home = world.home(report=ReportSettings(analysts_folder=share))
        if state not in {"", "silent"}:
            monkeypatch.syspath_prepend(put_libraries(tmp_path / "libraries", state, "smbclient"))
        (home.spool(RUN) / "RFM.xlsx").parent.mkdir(parents=True)
        (home.spool(RUN) / "RFM.xlsx").write_bytes(b"the whole report")
        with opened(home.database) as store:
            note_files(store, RUN, home.spool(RUN))
        with opened(home.database) as store, transaction(store):
            spool.add_parcels(store, RUN, NAME, home.folders, world.clock.now())
        world.post(home)
    assert (tmp_path / "reports" / "marketers" / NAME / "RFM.xlsx").read_bytes() == b"the whole report"
    with opened(home.database) as store:
        (parcel,) = spool.waiting_parcels(store)
        assert parcel.folder == share
        messages = store.execute("SELECT message ->> 'text' FROM outbox WHERE topic LIKE 'folder%'").fetchall()
    assert messages
    assert all(told.format(share) in text for (text,) in messages)
