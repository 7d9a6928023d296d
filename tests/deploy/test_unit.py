"""The unit, under a real systemd."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rfm_service.clock import SystemClock, today
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.installing import HOME, UNIT, UNITS, unit_text
from rfm_service.settings import Erp
from tests.conftest import PROJECT, TOKEN

from .systemd import OwnSystemd, own_systemd, why_not

REASON = why_not()
LIMIT = 1.5


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_locked_up(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(unit_text(HOME), encoding="utf-8")
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={LIMIT * 10:.0f}", str(unit)]
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


def until(holds: Callable[[], object], system: OwnSystemd, seconds: float = 150) -> None:
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


INSTALLER = """
import sys
from pathlib import Path
from rfm_service import installing
installing._require_readable_program = lambda home: None  # the tests' Python may stand in /root
print(*(installing.install(Path(sys.argv[2])) if sys.argv[1] == "install" else installing.uninstall()), sep="\\n")
"""


@pytest.mark.skipif(bool(REASON), reason=f"no systemd of our own: {REASON}")
def test_it_is_installed_and_taken_away() -> None:
    """In a systemd of its own, where all folders of units, /var/lib and the users are its own too."""
    home, unit = Path("/var/lib/rfm 2%"), UNITS / UNIT.name
    with own_systemd("", {}) as system:

        def installer(*arguments: str) -> list[str]:
            place = ["env", "--chdir", str(PROJECT), sys.executable, "-c", INSTALLER]
            ended = system.run(*place, *arguments)
            assert ended.returncode == 0, ended.stderr
            return ended.stdout.splitlines()

        def inside(path: Path) -> Path:
            return system.file("").parents[2] / str(path).lstrip("/")

        inside(unit).unlink()
        told = installer("install", str(home))
        assert told == [
            "The user rfm is there.",
            f"{home / 'config'} was made: edit service.toml there.",
            "Secrets are read from /etc/rfm-service/secrets: a file each, as erp__token, telegram__token.",
            f"{unit} is written.",
            "rfm-service.service is enabled. Start it: systemctl start rfm-service",
        ]
        assert inside(unit).read_text() == unit_text(home)
        assert system.show("UnitFileState") == "enabled"
        assert system.show("WorkingDirectory") == str(home)
        assert system.show("ReadWritePaths").strip('"') == str(home)
        owned = [path for path in (inside(home), *inside(home).rglob("*")) if path.stat().st_uid != 990]
        open_to_others = [path for path in (inside(home), *inside(home).rglob("*")) if path.stat().st_mode & 0o077]
        assert (owned, open_to_others) == ([], [])

        # Again, over a unit that somebody changed, and a configuration that is in use
        (inside(home) / "config" / "service.toml").chmod(0o640)
        inside(unit).write_text(unit_text(home) + "# mine\n")
        told = installer("install", str(home))
        assert any("stays as it is. Ours is" in line for line in told)
        assert inside(unit).read_text().endswith("# mine\n")
        assert inside(unit.with_name(f"{unit.name}.new")).read_text() == unit_text(home)
        assert (inside(home) / "config" / "service.toml").stat().st_mode & 0o777 == 0o640

        assert installer("uninstall")[0].startswith(f"{unit} is gone.")
        assert not inside(unit).exists()
        assert inside(home / "config").is_dir()
        assert "could not be found" in system.run("systemctl", "status", UNIT.name).stderr
