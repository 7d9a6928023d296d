"""A full disk is a pause: it is told, nothing is lost, and with room again the night goes on where it was."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfm_service.configuration import load
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.disk import hold_ballast, make_private
from rfm_service.home import Home
from rfm_service.logbook import log_file, open_log
from rfm_service.settings import Log
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.commands.program import once, report, start
from tests.conftest import REFERENCE_DAY, TOKEN
from tests.fakes.bot_api import BotApi

from .test_daemon import ALWAYS_DUE, end, until

BOT_TOKEN = "123456:bot"
ADMIN = 1001
SMALL = {"RFM_NIGHT__HORIZON_DAYS": "40", "RFM_LANGUAGE": "en"}


def can_mount() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("mount"))


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs root, to mount a small disk")


class SmallDisk:
    """A home on a disk of 32 MiB."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._filler = home.path / "filler"

    def leave(self, kib: int) -> None:
        """Fill the disk up to so much room."""
        self.free()
        room = os.statvfs(self.home.path).f_bavail * os.statvfs(self.home.path).f_frsize
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, room - (kib << 10)))

    def free(self) -> None:
        """Make room."""
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """The home's settings and its ERP, but on a small disk."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        shutil.copytree(home.path / "config", place / "config")
        config = place / "config" / "service.toml"
        with ErpServer(make_shop(REFERENCE_DAY - 1, customers=40), TOKEN) as erp:
            monkeypatch.setenv("RFM_ERP__URL", erp.url)
            yield SmallDisk(Home(place, config, load(place, config)))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def dump(home: Home) -> list[tuple[object, ...]]:
    with opened(home.database) as store:
        assert verify.troubles(store) == []
        return store.execute("SELECT day, lines, amount, sha256, content FROM ledger ORDER BY day").fetchall()


@pytest.mark.parametrize("reserve", [False, True], ids=["no reserve yet", "a reserve"])
def test_whatever_room_there_is_nothing_is_lost(disk: SmallDisk, reserve: bool) -> None:
    home = disk.home
    for kib in (60, 300) if reserve else (0, 200, 4200):
        if reserve:
            make_private(home.ballast.parent)
            assert hold_ballast(home.ballast)
        disk.leave(kib)
        code, _, errors = once(home, **SMALL)
        assert code == 1, kib
        assert "full" in errors, kib
        assert "Traceback" not in errors, kib
        disk.free()
        if home.database.exists():
            dump(home)

    if reserve:
        code, _, errors = once(home, **SMALL)
        assert (code, errors) == (0, "")
        assert (report(home) / "RFM.xlsx").is_file()
        assert len(dump(home)) == 40


def test_the_daemon_waits_for_room_and_says_so_once(disk: SmallDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    home = disk.home
    make_private(home.ballast.parent)
    assert hold_ballast(home.ballast)
    with BotApi(BOT_TOKEN, chats={ADMIN}) as api:
        monkeypatch.setenv("RFM_TELEGRAM__API_URL", api.url)
        monkeypatch.setenv("RFM_TELEGRAM__TOKEN", BOT_TOKEN)
        monkeypatch.setenv("RFM_TELEGRAM__CHAT_IDS", f"[{ADMIN}]")
        monkeypatch.setenv("RFM_NIGHT__AT", ALWAYS_DUE)
        for name, value in SMALL.items():
            monkeypatch.setenv(name, value)
        disk.leave(600)
        daemon = start(home, "run")
        until(lambda: any("is full" in text for _, text in api.messages))
        assert not home.ballast.exists()
        disk.free()
        until(home.ballast.exists)
        end(daemon)
    assert sum("is full" in text for _, text in api.messages) == 1


def test_a_log_line_that_finds_no_room_is_said_elsewhere(
    disk: SmallDisk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = disk.home.logs
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    open_log(logs, Log(), ["secret"], console=False, ballast=disk.home.ballast)
    disk.leave(8)
    for number in range(100):
        logging.getLogger("rfm_service").warning("%s secret %d", "x" * 200, number)
    disk.free()
    logging.getLogger("rfm_service").warning("The last.")
    logging.getLogger().handlers[0].close()

    said = capsys.readouterr().err
    written = log_file(logs).read_text()
    numbers = set(re.findall(r"x \*\*\* (\d+)", said + written))
    assert numbers == {str(number) for number in range(100)}
    assert said
    assert "secret" not in said + written
    assert "records before found no room." in written
    assert json.loads(written.splitlines()[-1])["message"] == "The last."
