"""The real program in a process of its own."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from rfm_service.home import Home
from tests import canaries
from tests.conftest import PROJECT

COMMAND = (sys.executable, str(PROJECT / "run_service.py"))
REFERENCE_DATE = "2026-11-20"

started: list[subprocess.Popen[str]] = []
"""By the test that is at work. `end_started` leaves none of them."""


def start(home: Home, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a command on a home, in a process group of its own."""
    place = ("--home", str(home.path), "--config", str(home.config))
    process = subprocess.Popen(
        (*COMMAND, *place, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    )
    started.append(process)
    return process


def end_started() -> None:
    """Kill what a test has left at work, with its workers."""
    while started:
        process = started.pop()
        if process.poll() is None:
            parent = psutil.Process(process.pid)
            for one in (*parent.children(recursive=True), parent):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            with suppress(subprocess.TimeoutExpired):  # a worker may hang in the kernel, and hold the pipes
                process.communicate(timeout=20)


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
