"""What is printed for an admin to install."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # sqlfluff's

from rfm_service import installing
from rfm_service.errors import ConfigurationError
from rfm_service.home import Home
from rfm_service.settings import Settings
from tests.commands.program import run
from tests.conftest import PROJECT

WINSW_ELEMENTS = {
    "id", "name", "description", "executable", "arguments", "workingdirectory", "env", "startmode", "delayedAutoStart",
    "depend", "stoptimeout", "onfailure", "resetfailure", "priority", "logpath", "log",
}  # fmt: skip


def test_the_printed_unit_has_the_paths_of_this_machine(home: Home) -> None:
    code, unit, _ = run(home, "install-service")
    assert code == 0
    command = re.search("^ExecStart=(.*)$", unit, re.MULTILINE)
    assert command
    assert command[1] == f"{sys.executable} {PROJECT / 'run_service.py'} --home {home.path} run"
    assert f"ReadWritePaths={home.path}" in unit
    assert "/opt/rfm_service" not in unit
    assert "/var/lib/rfm-service" not in unit


def test_another_configuration_is_not_dropped_in_silence(home: Home, tmp_path: Path) -> None:
    code, _, errors = run(home, "--config", str(tmp_path / "other.toml"), "install-service", COLUMNS="400")
    assert code == 2
    assert f"the service reads {home.path / 'config' / 'service.toml'}" in re.sub(r"[│\n ]+", " ", errors)


def test_the_usual_home_is_systemds_to_make() -> None:
    unit = installing.unit_text(installing.HOME)
    assert "StateDirectory=rfm-service" in unit
    assert "ReadWritePaths=/" not in re.sub("(?m)^#.*", "", unit)


@pytest.mark.parametrize("home", ["/var/lib/rfm2", "/opt/rfm_service-2.1", '/srv/r f"m\\%h$HOME', "/srv/отчёты"])
def test_any_path_is_one_word_to_systemd(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "opt" / "rfm_service-2.1 of %u"
    python = program / "python 3"
    program.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(installing, "PROGRAM", program)
    monkeypatch.setattr(sys, "executable", str(python))
    file = tmp_path / "rfm-service.service"
    file.write_text(installing.unit_text(Path(home)), encoding="utf-8")
    settings = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    assert [words(settings[key]) for key in ("ExecStart", "ReadWritePaths", "Environment")] == [
        [str(python), str(program / "run_service.py"), "--home", home, "run"],
        [home],
        [f"MPLCONFIGDIR={home}/db/matplotlib", "PYTHONDONTWRITEBYTECODE=1"],
    ]
    assert settings["WorkingDirectory"].replace("%%", "%") == home
    assert "StateDirectory" not in settings
    assert not re.search("@[a-z]+@", "".join(settings.values()))
    if shutil.which("systemd-analyze"):
        verified = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
        assert (verified.returncode, verified.stderr) == (0, "")


def words(text: str) -> list[str]:
    """As systemd splits a line: quotes, backslashes, and its own doubled signs."""
    split = shlex.split(text) if '"' in text else text.replace("\\\\", "\\").split()
    return [word.replace("%%", "%").replace("$$", "$") for word in split]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs root")
def test_what_was_there_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    for name, value in {
        "_require_root_and_systemd": lambda: None,
        "_require_readable_program": lambda _home: None,
        "_run": lambda *command, **_options: ran.append(command),
        "UNITS": tmp_path,
        "SECRETS": tmp_path / "etc" / "secrets",
        "USER": "nobody",
    }.items():
        monkeypatch.setattr(installing, name, value)
    home, others = tmp_path / "way" / "home", tmp_path / "payroll"
    assert "was made" in installing.install(home)[1]
    assert {path.owner() for path in home.rglob("*")} == {home.owner()} == {"nobody"}
    assert [path.stat().st_mode & 0o777 for path in (home.parent, home, home / "config" / "service.toml")] == [
        0o755, 0o700, 0o600,
    ]  # fmt: skip

    others.write_text("secret")
    others.chmod(0o640)
    (home / "config" / "link").symlink_to(others)
    (home / "config" / "mine").touch(0o644)
    before = {path: (path.lstat().st_uid, path.lstat().st_mode) for path in tmp_path.rglob("*")}
    assert "stays as it is" in installing.install(home)[1]
    assert {path: (path.lstat().st_uid, path.lstat().st_mode) for path in tmp_path.rglob("*")} == before
    assert ran[-2:] == [("systemctl", "daemon-reload"), ("systemctl", "enable", "rfm-service")]

    (tmp_path / installing.UNIT.name).write_text("# mine\n")
    assert "stays as it is. Ours is" in installing.install(home)[3]
    assert (tmp_path / installing.UNIT.name).read_text() == "# mine\n"
    assert (tmp_path / f"{installing.UNIT.name}.new").read_text() == installing.unit_text(home)

    os.chown(home, 0, 0)
    assert f"chown -R nobody:nobody {home}" in installing.install(home)[2]


def test_installing_needs_a_machine_that_can(home: Home) -> None:
    code, _, errors = run(home, "install-service", "--install")
    assert code == 78
    assert errors.strip().splitlines()[-1].startswith(("No systemd runs here.", "Only root", "/"))


@pytest.mark.parametrize("where", ["/home/anna/rfm", "/root/rfm"])
def test_a_home_that_a_service_cannot_see(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_require_root_and_systemd", lambda: None)
    monkeypatch.setattr(installing, "PROGRAM", Path("/opt/rfm_service"))
    monkeypatch.setattr(sys, "executable", "/opt/rfm_service/.venv/bin/python")
    with pytest.raises(ConfigurationError, match="is in somebody's home folder"):
        installing.install(Path(where))


def test_the_file_for_windows_says_what_winsw_understands() -> None:
    text = installing.winsw_text(Path(r"D:\RFM & Co"))
    root = ET.fromstring(text)
    assert {element.tag for element in root} == WINSW_ELEMENTS
    assert root.findtext("workingdirectory") == r"D:\RFM & Co"
    assert r'--home "D:\RFM & Co" run' in (root.findtext("arguments") or "")
    assert r"C:\\" not in text


def test_the_container_copies_what_there_is() -> None:
    recipe = (PROJECT / "deploy" / "container" / "Containerfile").read_text()
    for copied in re.findall("^COPY (.+) .+$", recipe, re.MULTILINE):
        for name in copied.replace("--chown=rfm:rfm ", "").split():
            assert (PROJECT / name).exists(), name


def test_the_containers_are_composed_of_what_there_is() -> None:
    folder = PROJECT / "deploy" / "container"
    text = (folder / "compose.yaml").read_text()
    (service,) = yaml.safe_load(text)["services"].values()
    recipe = (folder / service["build"]["context"] / service["build"]["dockerfile"]).resolve()
    assert recipe == folder / "Containerfile"
    assert (folder / service["build"]["context"]).resolve() == PROJECT
    (home,) = re.findall("^VOLUME (.+)$", recipe.read_text(), re.MULTILINE)
    assert service["volumes"] == [f"./home:{home}"]
    assert f'"--home", "{home}"' in recipe.read_text()
    settings = Settings().model_dump()
    for secret in re.findall("RFM_([A-Z_]+)=", text):
        section, key = secret.lower().split("__")
        assert key in settings[section]
