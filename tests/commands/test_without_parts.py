"""Whatever is optional may be missing, fail or hang: the night ends all the same, its report stands in a local folder,
and what is wrong is told.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from tests.commands.program import once, report, run, start
from tests.conftest import PROJECT, REFERENCE_DAY, TOKEN
from tests.fakes.bot_api import BotApi
from tests.fakes.parts import ABSENT, HANGING, deserted_port, put_libraries, silent_server
from tests.notify.test_mail import ADMIN as MAILBOX, scripted

from .test_daemon import ADMIN, BOT_TOKEN, bot, current, end, todays_report, until

__all__ = ["bot", "current"]
SHARE = "smb://127.0.0.1:{}/reports"


@pytest.fixture
def small(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose ERP has a few sales only, and whose program has little patience with what it posts."""
    monkeypatch.setattr("tests.commands.program.COMMAND", (sys.executable, "-m", "tests.commands.hurried"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setenv("RFM_NIGHT__HORIZON_DAYS", "10")
    monkeypatch.setenv("RFM_LANGUAGE", "en")
    with ErpServer(make_shop(REFERENCE_DAY - 1, customers=10, days=10), TOKEN) as erp:
        monkeypatch.setenv("RFM_ERP__URL", erp.url)
        yield home


def led_to(port: int) -> dict[str, str]:
    """The environment in which every optional way leads to this port."""
    return {
        "RFM_TELEGRAM__TOKEN": BOT_TOKEN,
        "RFM_TELEGRAM__CHAT_IDS": f"[{ADMIN}]",
        "RFM_TELEGRAM__API_URL": f"http://127.0.0.1:{port}",
        "RFM_TELEGRAM__TIMEOUT": "0.5",
        "RFM_MAIL__HOST": "127.0.0.1",
        "RFM_MAIL__PORT": str(port),
        "RFM_MAIL__SECURITY": "none",
        "RFM_MAIL__SENDER": "rfm@shop.ru",
        "RFM_MAIL__RECIPIENTS": f'["{MAILBOX}"]',
        "RFM_MAIL__TIMEOUT": "0.1",
        "RFM_ALIVE__PING_URL": f"http://127.0.0.1:{port}/canary",
        "RFM_ALIVE__TIMEOUT": "0.5",
    }


def without(folder: Path, state: str, *libraries: str) -> dict[str, str]:
    """The environment in which these libraries are in such a state."""
    return {"PYTHONPATH": os.pathsep.join((str(put_libraries(folder / "libraries", state, *libraries)), str(PROJECT)))}


def assert_reported(home: Home) -> None:
    assert {"RFM.xlsx", "01_segments.png"} <= {file.name for file in report(home, "marketers").iterdir()}
    assert run(home, "verify")[0] == 0


def test_without_any_library_that_only_a_part_needs(small: Home, tmp_path: Path) -> None:
    share = SHARE.format(deserted_port())
    absent = without(tmp_path, ABSENT, "telebot", "socks", "smbclient", "smbprotocol", "lxml")
    with scripted() as (script, mail):
        ways = led_to(deserted_port()) | {"RFM_MAIL__PORT": str(mail.port), "RFM_MAIL__TIMEOUT": "5"}
        code, _, errors = once(small, **ways, **absent, RFM_REPORT__ANALYSTS_FOLDER=share)
        assert script.letters == 1
    assert code == 1
    assert errors == (
        f"The report waits for {share}. Cannot write into {share}: smb:// needs the library smbprotocol"
        ". The report waits.\n"
    )
    assert_reported(small)
    assert "Messages by telegram were not sent" in (small.logs / "service.log").read_text()


def test_with_every_part_refusing(small: Home) -> None:
    """Nobody can be reached and there is no place for a backup: the report is there, so the job is done."""
    code, _, errors = once(small, **led_to(deserted_port()), RFM_BACKUP__FOLDER=str(small.config / "backups"))
    assert (code, errors) == (0, "")
    assert_reported(small)
    assert '"messages_waiting": 4' in run(small, "status", "--json")[1]  # done, and no backup by two ways; the switch
    log = (small.logs / "service.log").read_text()
    for told in ("Telegram cannot be reached", "The mail server 127.0.0.1 cannot be reached", "switch cannot be"):
        assert told in log
    assert "back_up: " in log


def test_with_every_part_hanging(small: Home, tmp_path: Path) -> None:
    with silent_server() as port:
        share = SHARE.format(port)
        hanging = without(tmp_path, HANGING, "telebot")
        code, _, errors = once(small, **led_to(port), **hanging, RFM_REPORT__ANALYSTS_FOLDER=share)
    assert code == 1
    assert errors.startswith(f"The report waits for {share}. The step publish_report was stopped after 9 seconds.")
    assert_reported(small)
    log = (small.logs / "service.log").read_text()
    assert "Messages by telegram were not sent: The step send_messages was stopped after 9 seconds." in log
    assert "The mail server 127.0.0.1 cannot be reached" in log


@contextmanager
def deaf_systemd(address: Path) -> Iterator[None]:
    """Somebody who is told things and has not read them for so long that no more are taken."""
    with ExitStack() as open_sockets:
        deaf = open_sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        deaf.bind(str(address))
        with suppress(BlockingIOError):
            while True:
                teller = open_sockets.enter_context(socket.socket(deaf.family, deaf.type))
                teller.setblocking(False)
                for _ in range(100):  # more would be held by the socket itself
                    teller.sendto(b"STATUS=busy", str(address))
        yield


@pytest.mark.skipif(sys.platform == "win32", reason="systemd")
def test_the_daemon_without_its_monitors(
    home: Home, current: ErpServer, bot: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files for monitors cannot be written, and systemd does not read what it is told."""
    (home.logs / "status.json").mkdir(parents=True)
    with deaf_systemd(tmp_path / "notify"):
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000")
        daemon = start(home, "run")
        until(todays_report(home).exists, 240)
        until(lambda: any("writing the state of the service" in text for _, text in bot.messages))
        end(daemon)
    assert sum("writing the state of the service" in text for _, text in bot.messages) == 1
