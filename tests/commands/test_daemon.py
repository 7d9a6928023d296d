"""`run` from outside, by the machine's own clock."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rfm_service.clock import SystemClock, date_of, today
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from tests import canaries
from tests.commands.program import run, start
from tests.conftest import TOKEN
from tests.fakes.bot_api import BotApi

ALWAYS_DUE = "00:00"
BOT_TOKEN, ADMIN, STRANGER = "123456:token-of-the-tests", 1001, 2002
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def current(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[ErpServer]:
    """An ERP whose newest sales are yesterday's; the home's settings point at it, and the night's hour has come."""
    yesterday = today(SystemClock(), home.settings.erp.zone) - 1
    with ErpServer(make_shop(yesterday, customers=60), TOKEN) as server:
        monkeypatch.setenv("RFM_ERP__URL", server.url)
        monkeypatch.setenv("RFM_NIGHT__AT", ALWAYS_DUE)
        monkeypatch.setenv("RFM_NIGHT__HORIZON_DAYS", "60")
        yield server


def until(holds: Callable[[], bool], seconds: float = 150) -> None:
    """Wait until it holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


def todays_report(home: Home) -> Path:
    name = date_of(today(SystemClock(), home.settings.erp.zone)).isoformat()
    return home.path / "reports" / "marketers" / name / "RFM.xlsx"


def most_kib(process: subprocess.Popen[str]) -> int:
    """The most memory that a process itself ever took; 0 when it has gone."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in status.splitlines() if row.startswith("VmHWM")), 0)


def end(daemon: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> str:
    daemon.send_signal(how)
    _, errors = daemon.communicate(timeout=60)  # a disk that others keep busy holds up what is flushed
    canaries.overhear("console", errors.encode())
    assert daemon.returncode == 0, errors
    return errors


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    """A bot that obeys one admin."""
    with BotApi(BOT_TOKEN, chats={ADMIN, STRANGER}) as api:
        monkeypatch.setenv("RFM_TELEGRAM__TOKEN", BOT_TOKEN)
        monkeypatch.setenv("RFM_TELEGRAM__CHAT_IDS", f"[{ADMIN}]")
        monkeypatch.setenv("RFM_TELEGRAM__ADMINS", f"[{ADMIN}]")
        monkeypatch.setenv("RFM_TELEGRAM__API_URL", api.url)
        monkeypatch.setenv("RFM_LANGUAGE", "en")
        yield api


def test_an_admin_is_answered_while_the_night_is_at_work_and_a_stranger_never(
    home: Home, current: ErpServer, bot: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFM_ERP__PAUSE", "0.5")  # a night that takes its time
    daemon = start(home, "run")
    until(lambda: len(current.requests) > 2)
    bot.says(STRANGER, "/status")
    bot.says(ADMIN, "/run")
    bot.presses(ADMIN, f"help {int(time.time())}")
    until(lambda: any("/quarantine" in text for _, text in bot.messages))
    assert not todays_report(home).exists()
    end(daemon)
    assert any("is being made already" in text for _, text in bot.messages)
    assert {chat for chat, _ in bot.messages} == {ADMIN}
    asked = len(bot.messages)

    again = start(home, "run")
    bot.says(ADMIN, "/status")
    until(lambda: any("Messages waiting" in text for _, text in bot.messages))
    end(again)
    answered = [text for _, text in bot.messages[asked:]]
    assert not any("is being made already" in text for text in answered)  # each command once


@LINUX
def test_a_missed_night_is_worked_on_at_once_and_only_once(home: Home, current: ErpServer) -> None:
    daemon = start(home, "run")
    until(todays_report(home).exists, 180)
    time.sleep(2)
    state = json.loads((home.logs / "status.json").read_text(encoding="utf-8"))
    until(lambda: not psutil.Process(daemon.pid).children(recursive=True)[1:], 120)  # but Python's own helper
    most = most_kib(daemon)
    assert run(home, "once")[0] == 75
    assert run(home, "run")[0] == 75
    errors = end(daemon)
    asked = len(current.requests)

    again = start(home, "run")
    time.sleep(4)
    end(again, signal.SIGINT)

    assert most <= 60 << 10  # ever, with a night behind it
    assert state["runs"][0]["state"] in {"running", "done"}  # written once a minute
    assert "rfm_messages_waiting 0\n" in (home.logs / "metrics.prom").read_text()
    assert errors.rstrip().endswith("goes on at the next start.")
    assert len(current.requests) == asked


@LINUX
def test_a_command_that_derives_everything_anew_stays_small_itself(home: Home, current: ErpServer) -> None:
    """Its worker may need memory; what waits for it must not: the daemon's 60 MiB, and the bar of progress."""
    assert run(home, "once")[0] == 0
    process, most = start(home, "verify", "--mend"), 0
    while process.poll() is None:
        most = max(most, most_kib(process))
        time.sleep(0.02)
    output, errors = process.communicate()
    assert (process.returncode, errors) == (0, ""), output
    assert 0 < most <= 80 << 10


def test_the_daemon_outlives_an_erp_that_is_off(
    home: Home, current: ErpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(current.url.split(":")[2].split("/")[0])
    current.__exit__()
    monkeypatch.setenv("RFM_ERP__TRIES", "1")
    monkeypatch.setenv("RFM_NIGHT__RETRY_MINUTES", "0.05")
    daemon = start(home, "run")
    until(lambda: '"failed"' in run(home, "status", "--json")[1])

    with ErpServer(make_shop(today(SystemClock(), home.settings.erp.zone) - 1, customers=60), TOKEN, port):
        until(todays_report(home).exists)
        errors = end(daemon)

    assert "No connection to the ERP" in errors


def test_a_database_that_is_deleted_under_the_daemon_comes_back(home: Home, current: ErpServer, bot: BotApi) -> None:
    daemon = start(home, "run")
    until(todays_report(home).exists)
    until(lambda: any(home.backups.glob("sales-*.db")))
    until(lambda: any("on its way" in text for _, text in bot.messages))
    home.database.unlink()
    until(lambda: any(text.startswith("⚠️ The database was gone") for _, text in bot.messages))
    end(daemon)
    assert '"days": 60' in run(home, "status", "--json")[1]
    assert any("In its place: the backup sales-" in text for _, text in bot.messages)
    assert not home.damaged.exists()


@LINUX
def test_a_log_that_is_deleted_under_the_daemon_comes_back(home: Home, current: ErpServer) -> None:
    daemon = start(home, "run")
    until((home.logs / "service.log").exists)
    shutil.rmtree(home.logs)
    until(todays_report(home).exists)
    end(daemon)
    assert "is done." in (home.logs / "service.log").read_text(encoding="utf-8")


def test_sigterm_in_the_middle_of_a_step(home: Home, current: ErpServer) -> None:
    daemon = start(home, "run")
    until(lambda: len(current.requests) > 5)
    end(daemon)
    assert not todays_report(home).exists()

    daemon = start(home, "run")
    until(todays_report(home).exists)
    end(daemon)
