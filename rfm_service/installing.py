"""The program as a service of the machine: the systemd unit, or WinSW's file, with the paths of this machine."""

import os
import re
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

PLAIN_WORD = re.compile(r"[\w/.:=+@-]+")


def service_text(home: Path) -> str:
    """What makes the program a service of this machine, with this home folder."""
    return winsw_text(home) if sys.platform == "win32" else unit_text(home)


def unit_text(home: Path) -> str:
    """The unit for a home folder: this Python, this program. The usual home systemd makes, others must be there."""
    is_usual = home == HOME
    return _filled(
        UNIT,
        {
            "documentation": (PROGRAM / "docs" / "service.md").as_uri().replace("%", "%%"),
            "python": _word(sys.executable),
            "program": _argument(PROGRAM / "run_service.py"),
            "home": _argument(home),
            "folder": str(home).replace("%", "%%"),
            "fonts": _word(f"MPLCONFIGDIR={home / 'db' / 'matplotlib'}"),
            "state": f"StateDirectory={home.name}\nStateDirectoryMode=0700"
            if is_usual
            else f"ReadWritePaths={_word(home)}",
        },
    )


def winsw_text(home: Path) -> str:
    """WinSW's file for a home folder: this Python, this program."""
    paths = {"python": sys.executable, "program": PROGRAM / "run_service.py", "home": home}
    return _filled(WINSW, {name: escape(str(path)) for name, path in paths.items()})


def _filled(template: Path, places: dict[str, str]) -> str:
    """The template with each `@place@` filled, once: what was filled in is not looked at again."""
    return re.sub("@([a-z]+)@", lambda place: places.get(place[1], place[0]), template.read_text(encoding="utf-8"))


def _word(text: object) -> str:
    """One word of a unit, as systemd.syntax(7) wants it."""
    word = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return word if PLAIN_WORD.fullmatch(word) else f'"{word}"'


def _argument(text: object) -> str:
    """A word of a command line: no variable begins in it."""
    return _word(text).replace("$", "$$")


def install(home: Path) -> list[str]:
    """User, home with a configuration, folder of secrets, unit: what is missing is made, nothing else is touched.

    What was done, a line each. Raises ConfigurationError when this machine or this user cannot.
    """
    _require_root_and_systemd()
    _require_readable_program(home)
    done = [*_make_user(home), *_make_home(home), *_make_secrets(), *_make_unit(home)]
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", UNIT.stem)
    return [*done, f"{UNIT.name} is enabled. Start it: systemctl start {UNIT.stem}"]


def _make_user(home: Path) -> list[str]:
    if _user():
        return [f"The user {USER} is there."]
    _run("useradd", "--system", "--home-dir", str(home), "--shell", "/usr/sbin/nologin", USER)
    return [f"The user {USER} was made."]


def _make_home(home: Path) -> list[str]:
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)  # the way to the home is everybody's
    if missing:
        _give(home)
    config, told = home / "config", f"{home / 'config'} is there, and stays as it is."
    if not config.exists():
        shutil.copytree(PROGRAM / "config", config)
        for path in (config, *config.rglob("*")):
            _give(path)
        told = f"{config} was made: edit service.toml there."
    if (home.stat().st_uid, home.stat().st_gid) == _user():
        return [told]
    return [told, f"{home} does not belong to the user {USER}, who must write there: chown -R {USER}:{USER} {home}"]


def _make_secrets() -> list[str]:
    if not SECRETS.exists():
        SECRETS.mkdir(parents=True)
        SECRETS.chmod(0o700)
    return [f"Secrets are read from {SECRETS}: a file each, as erp__token, telegram__token."]


def _make_unit(home: Path) -> list[str]:
    """The unit; beside one that says something else, for a person to compare."""
    unit, text = UNITS / UNIT.name, unit_text(home)
    if not unit.exists() or unit.read_text(encoding="utf-8") == text:
        _write(unit, text)
        return [f"{unit} is written."]
    other = unit.with_name(f"{unit.name}.new")
    _write(other, text)
    return [
        f"{unit} says something else than ours, and stays as it is. Ours is {other}: compare them, and move it there.",
        f"What you add yourself belongs into: systemctl edit {UNIT.stem}",
    ]


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)


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


def _give(path: Path) -> None:
    """What was just made is the user's, and nobody else may look."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    try:
        os.chown(path, *(_user() or (0, 0)), follow_symlinks=False)
    except OSError as error:
        raise FolderUnusable("Cannot give {0} to the user {1}: {2}.", str(path), USER, error.strerror or "?") from None


def _user() -> tuple[int, int] | None:
    """The numbers of the service's user and group, once they are there."""
    import pwd

    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def _run(*command: str, accepted: Sequence[int] = (0,)) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    if ended.returncode not in accepted:
        raise ConfigurationError("{0} failed: {1}", " ".join(command), ended.stderr.strip() or str(ended.returncode))
