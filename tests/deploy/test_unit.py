"""The unit, under a real systemd."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from rfm_service.clock import SystemClock, today
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.installing import UNIT
from rfm_service.settings import Erp
from tests.conftest import TOKEN

from .systemd import OwnSystemd, own_systemd, why_not

REASON = why_not()
LIMIT = 1.5


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_locked_up() -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={LIMIT * 10:.0f}", str(UNIT)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-400:]


@pytest.fixture(scope="module")
def system() -> Iterator[OwnSystemd]:
    """A systemd whose unit talks to a played ERP, and whose night is always due."""
    with ErpServer(make_shop(today(SystemClock(), Erp().zone) - 1, customers=60), TOKEN) as erp:
        drop_in = (
            f"Environment=RFM_ERP__URL={erp.url} RFM_ERP__PAUSE=0 RFM_NIGHT__AT=00:00 RFM_NIGHT__HORIZON_DAYS=60\n"
            "WatchdogSec=6\nRestartSec=1\n"
        )
        with own_systemd(drop_in, {"erp__token": TOKEN}) as system:
            yield system


def until(holds: Callable[[], object], system: OwnSystemd, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, system.console[-3000:]
        time.sleep(0.3)


@pytest.mark.skipif(bool(REASON), reason=f"no systemd of our own: {REASON}")
def test_a_life_under_systemd(system: OwnSystemd) -> None:
    assert system.run("systemctl", "start", UNIT.name).returncode == 0, system.console[-3000:]  # READY=1 was heard
    assert (system.show("ActiveState"), system.show("StatusText")) == ("active", "The night begins at 00:00.")

    # A night, with the token from the credentials, in every cage of the unit
    until(lambda: list(system.file("reports/marketers").glob("*/RFM.xlsx")), system)
    assert json.dumps([path.name for path in system.file("db").rglob("*") if path.stat().st_mode & 0o077]) == "[]"

    # Killed: started anew
    first = system.show("MainPID")
    system.run("kill", "-9", first)
    until(lambda: system.show("MainPID") not in {"0", first} and system.show("ActiveState") == "active", system)

    # Hanging: the watchdog starts it anew
    second = system.show("MainPID")
    system.run("kill", "-STOP", second)
    until(lambda: system.show("MainPID") not in {"0", second} and system.show("ActiveState") == "active", system)
    assert system.show("NRestarts") == "2"

    # Asked to stop, it stops soon
    begun = time.monotonic()
    system.run("systemctl", "stop", UNIT.name)
    assert time.monotonic() - begun < 20
    assert (system.show("ActiveState"), system.show("Result")) == ("inactive", "success")

    # A configuration that is wrong: not tried again
    system.run("bash", "-c", "echo '[nonsense]' >> /var/lib/rfm-service/config/service.toml")
    system.run("systemctl", "start", UNIT.name)
    until(lambda: system.show("ActiveState") == "failed", system)
    assert system.show("ExecMainStatus") == "78"
