"""A report folder on a mount that is frozen, so that no signal ends who touches it: nothing else stops, it is told, and
the report arrives when the mount has thawed.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from rfm_service.clock import SystemClock
from rfm_service.configuration import load
from rfm_service.delivery import post_due
from rfm_service.demo.server import ErpServer
from rfm_service.home import Home
from rfm_service.store.connection import opened
from tests.commands.program import REFERENCE_DATE, report, start
from tests.conftest import PROJECT
from tests.fakes.bot_api import BotApi
from tests.fakes.frozen_mount import FrozenMount, why_not
from tests.sync.builders import HandClock

from .test_daemon import ADMIN, bot, current, end, todays_report, until
from .test_without_parts import small

__all__ = ["bot", "current", "small"]
REASON = why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no mount to freeze: {REASON}")


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenMount]:
    """Where the analysts have their folder. The program has little patience with it."""
    monkeypatch.setattr("tests.commands.program.COMMAND", (sys.executable, "-m", "tests.commands.hurried"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setenv("RFM_LANGUAGE", "en")
    with FrozenMount(tmp_path / "share") as mount:
        monkeypatch.setenv("RFM_REPORT__ANALYSTS_FOLDER", str(mount.path))
        yield mount


def hanging_below(process: int) -> int:
    """How many of its children wait where no signal reaches them."""
    return sum(child.status() == psutil.STATUS_DISK_SLEEP for child in psutil.Process(process).children())


def test_a_night_ends_though_its_workers_cannot_be_ended(small: Home, mount: FrozenMount) -> None:
    """Neither the one that makes the backup nor the one that copies the report."""
    with opened(small.database):  # without a store the first look is for a backup
        mount.freeze()
    night = start(small, "once", "--date", REFERENCE_DATE, RFM_BACKUP__FOLDER=str(mount.path / "backups"))
    assert night.wait(timeout=240) == 1
    assert (report(small, "marketers") / "RFM.xlsx").is_file()
    log = (small.logs / "service.log").read_text()
    assert "back_up: The step back_up was stopped after 9 seconds." in log
    assert "Worker back_up cannot be killed and is left behind." in log
    assert "Worker publish_report cannot be killed and is left behind." in log

    mount.thaw()
    _, errors = night.communicate(timeout=20)  # the workers that were left behind held the pipe
    assert errors == f"The report waits for {mount.path}. The step publish_report was stopped after 9 seconds.\n"
    home = Home(small.path, small.config, load(small.path, small.config))
    with opened(home.database) as store:
        post_due(home, store, HandClock(SystemClock().now() + timedelta(minutes=1)), lambda *_: None)
    assert (mount.behind / REFERENCE_DATE / "RFM.xlsx").is_file()


def test_the_daemon_goes_on_stops_and_delivers_when_the_mount_has_thawed(
    home: Home, mount: FrozenMount, current: ErpServer, bot: BotApi
) -> None:
    mount.freeze()
    daemon = start(home, "run")
    until(todays_report(home).exists, 240)
    until(lambda: any(f"The report is waiting for the folder {mount.path}" in text for _, text in bot.messages))
    time.sleep(7)  # three more tries are due
    assert hanging_below(daemon.pid) == 1  # each of them would leave one more
    bot.says(ADMIN, "/status")
    until(lambda: any("Messages waiting" in text for _, text in bot.messages))
    daemon.terminate()
    assert daemon.wait(timeout=30) == 0

    again = start(home, "run")
    mount.thaw()
    daemon.communicate(timeout=20)
    delivered = mount.behind / todays_report(home).parent.name
    until((delivered / "RFM.xlsx").exists)
    assert hanging_below(again.pid) == 0
    end(again)
    assert {file.name for file in delivered.iterdir()} == {file.name for file in todays_report(home).parent.iterdir()}
    assert sum("waiting for the folder" in text for _, text in bot.messages) == 1
