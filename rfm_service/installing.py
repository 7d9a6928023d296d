"""The program as a service of the machine: the systemd unit, or WinSW's file, with the paths of this machine."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from rfm_service.errors import ConfigurationError, FolderUnusable

PROGRAM = Path(__file__).parent.parent
UNIT = PROGRAM / "deploy" / "systemd" / "rfm-service.service"
WINSW = PROGRAM / "deploy" / "windows" / "rfm-service.xml"
UNITS = Path("/etc/systemd/system")
SECRETS = Path("/etc/rfm-service/secrets")
USER = "rfm"
HOME = Path(r"C:\ProgramData\rfm-service" if sys.platform == "win32" else "/var/lib/rfm-service")

log = logging.getLogger(__name__)


def service_text(home: Path) -> str:
    """What makes the program a service of this machine, with this home folder."""
    return winsw_text(home) if sys.platform == "win32" else unit_text(home)


def unit_text(home: Path) -> str:
    """The unit for a home folder: this Python, this program."""
    text = UNIT.read_text(encoding="utf-8")
    for usual, ours in (
        ("/opt/rfm_service/.venv/bin/python", sys.executable),
        ("/opt/rfm_service", str(PROGRAM)),
        (str(HOME), str(home)),
    ):
        text = text.replace(usual, ours)
    if home.parent != HOME.parent:
        text = text.replace("StateDirectory=rfm-service\n", f"ReadWritePaths={home}\n")
        text = text.replace("StateDirectoryMode=0700\n", "")
    return text


def winsw_text(home: Path) -> str:
    """WinSW's file for a home folder: this Python, this program."""
    text = WINSW.read_text(encoding="utf-8")
    for usual, ours in (
        (r"C:\rfm_service\.venv\Scripts\python.exe", sys.executable),
        (r"C:\rfm_service", str(PROGRAM)),
        (r"C:\ProgramData\rfm-service", str(home)),
    ):
        text = text.replace(usual, escape(ours))
    return text


def install(home: Path) -> list[str]:
    """User, home with a configuration, folder of secrets, unit: what is missing is made, nothing is overwritten.

    What was done, a line each. Raises ConfigurationError when this machine or this user cannot.
    """
    _require_root_and_systemd()
    _require_readable_program(home)
    done = [f"The user {USER} exists."]
    _run("useradd", "--system", "--home-dir", str(home), "--shell", "/usr/sbin/nologin", USER, accepted=(0, 9))
    if not (home / "config").exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copytree(PROGRAM / "config", home / "config")
        done.append(f"{home / 'config'} was made: edit service.toml there.")
    _give(home)
    SECRETS.mkdir(parents=True, exist_ok=True)
    SECRETS.chmod(0o700)
    done.append(f"Secrets are read from {SECRETS}: a file each, as erp__token, telegram__token.")
    (UNITS / UNIT.name).write_text(unit_text(home), encoding="utf-8")
    (UNITS / UNIT.name).chmod(0o644)
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", UNIT.stem)
    done.append(f"{UNITS / UNIT.name} was written and enabled. Start it: systemctl start {UNIT.stem}")
    return done


def uninstall() -> list[str]:
    """Stop the service and take its unit away; home, secrets and user stay. What was done."""
    _require_root_and_systemd()
    _run("systemctl", "disable", "--now", UNIT.stem, accepted=(0, 1, 5))
    (UNITS / UNIT.name).unlink(missing_ok=True)
    _run("systemctl", "daemon-reload")
    return [f"{UNITS / UNIT.name} is gone. The home, {SECRETS.parent} and the user {USER} stay."]


def _require_root_and_systemd() -> None:
    if sys.platform == "win32" or not Path("/run/systemd/system").is_dir():
        raise ConfigurationError(
            "No systemd runs here. Without --install the file is only printed; see docs/service.md."
        )
    if os.geteuid() != 0:
        raise ConfigurationError("Only root can install a service. Run it with sudo.")


def _require_readable_program(home: Path) -> None:
    """A service does not see /home and /root, and its user must be able to read the program."""
    for needed in (PROGRAM, Path(sys.executable), home):
        if {"home", "root"} & set(needed.parts[1:2]):
            raise ConfigurationError(
                "{0} is in somebody's home folder, where a service cannot look. Put program and virtual environment"
                " into /opt, the home into /var/lib.",
                str(needed),
            )


def _give(home: Path) -> None:
    try:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, USER, USER)
            path.chmod(0o700 if path.is_dir() else 0o600)
    except OSError as error:
        raise FolderUnusable("Cannot give {0} to the user {1}: {2}.", str(home), USER, error.strerror or "?") from None


def _run(*command: str, accepted: Sequence[int] = (0,)) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    if ended.returncode not in accepted:
        raise ConfigurationError("{0} failed: {1}", " ".join(command), ended.stderr.strip() or str(ended.returncode))
