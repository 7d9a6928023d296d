"""The real program, killed: from outside at some instant, or by strace at the n-th call of a kind."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rfm_service.home import Home
from tests.commands.program import COMMAND, start

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "rename")


class Point(NamedTuple):
    """The n-th call of a kind, counted from 1, in the process that makes most of them."""

    call: str
    number: int


def can_trace() -> bool:
    """Whether strace is there and allowed to work."""
    return (
        bool(shutil.which("strace"))
        and not subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode
    )


def kill_after(home: Home, seconds: float, *arguments: str) -> None:
    """Start a command and kill it with all its workers."""
    process = start(home, *arguments)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def kill_at(home: Home, point: Point, *arguments: str) -> int:
    """Run a command in which every process that comes to the point is killed there. Its exit code."""
    return _trace(home, [f"--inject={point.call}:signal=SIGKILL:when={point.number}"], Path(os.devnull), *arguments)


def trace_of(home: Home, folder: Path, *arguments: str) -> Path:
    """The calls of the busiest process of a command, with all that it writes."""
    folder.mkdir()
    _trace(home, ["-ff", "-y", "-xx", "-s", "1000000"], folder / "trace", *arguments)
    return max(folder.iterdir(), key=lambda trace: calls_in(trace)["pwrite64"])


def calls_in(trace: Path) -> Counter[str]:
    """How many calls of each kind a process made."""
    return Counter(found[1] for row in trace.read_text().splitlines() if (found := re.match(r"(\w+)\(", row)))


def spread(calls: Counter[str], wanted: int) -> list[Point]:
    """So many points, evenly spread over all calls of all kinds."""
    every = [Point(call, number) for call in CALLS for number in range(1, calls[call] + 1)]
    return every[:: max(1, len(every) // wanted)]


def _trace(home: Home, options: list[str], output: Path, *arguments: str) -> int:
    place = ("--home", str(home.path), "--config", str(home.config))
    # no --seccomp-bpf: with it strace 6.1 injects nothing
    traced = ("strace", "-f", "-qq", "-o", str(output), f"--trace={','.join(CALLS)}", *options)
    command = (*traced, *COMMAND, *place, *arguments)
    return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode
