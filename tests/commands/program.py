"""The real program in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from rfm_service.settings import Home
from tests import canaries
from tests.conftest import PROJECT

COMMAND = (sys.executable, str(PROJECT / "run_service.py"))
REFERENCE_DATE = "2026-11-20"


def start(home: Home, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a command on a home, in a process group of its own."""
    place = ("--home", str(home.path), "--config", str(home.config))
    return subprocess.Popen(
        (*COMMAND, *place, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    )


def run(home: Home, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    process = start(home, *arguments, **environment)
    output, errors = process.communicate(timeout=120)
    canaries.overhear("console", (output + errors).encode())
    return process.returncode, output, errors


def once(home: Home, **environment: str) -> tuple[int, str, str]:
    """The night of REFERENCE_DATE."""
    return run(home, "once", "--date", REFERENCE_DATE, **environment)


def report(home: Home, folder: str = "analysts") -> Path:
    """Where the night's report is."""
    return home.path / "reports" / folder / REFERENCE_DATE
