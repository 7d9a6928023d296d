"""What is printed for an admin to install."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from rfm_service import installing
from rfm_service.errors import ConfigurationError
from rfm_service.settings import Home
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


def test_the_usual_home_is_systemds_to_make() -> None:
    unit = installing.unit_text(installing.HOME)
    assert "StateDirectory=rfm-service" in unit
    assert "ReadWritePaths=/" not in re.sub("(?m)^#.*", "", unit)


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
