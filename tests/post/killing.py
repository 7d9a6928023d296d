"""Whoever sends is killed while the Bot API looks on: between two of its own words, or by strace while it settles."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from rfm_service import steps
from rfm_service.post import sending
from rfm_service.receipts import Receipt
from rfm_service.workers import Report

MOMENTS = ("asked", "kept", "answered", "a little later")
LITTLE = 0.02


def send_in_a_hurry(job: Any, report: Report) -> Receipt:
    """The step that sends, without the pause between two messages."""
    sending.PAUSE_SECONDS = 0.0
    return steps.send_messages(job, report)


class Killer:
    """Kills once: at a moment of the n-th request, counted from 1. Give it to a Bot API as its witness.

    `kill` is told the process that has made the request.
    """

    def __init__(
        self, moment: str, number: int, kill: Callable[[psutil.Process], object], chance: random.Random
    ) -> None:
        self.killed = threading.Event()
        self._moment = moment
        self._left = number
        self._kill = kill
        self._pause = chance.random() * LITTLE if moment == MOMENTS[-1] else 0.0
        self._senders: dict[int, psutil.Process] = {}

    def __call__(self, moment: str, port: int) -> None:
        if moment == "asked":  # later it may have hung up
            self._left -= 1
            if not self._left:
                self._senders[port] = process_at(port)
        if port in self._senders and moment == ("answered" if self._pause else self._moment):
            self.killed.set()
            time.sleep(self._pause)
            with suppress(psutil.NoSuchProcess):
                self._kill(self._senders[port])


class Tracer:
    """Lets a sender die at the n-th call of a kind after a request was kept: then it settles."""

    def __init__(self, call: str, number: int, request: int) -> None:
        self._inject = f"--inject={call}:signal=SIGKILL:when={number}"
        self._call = call
        self._left = request
        self._strace: subprocess.Popen[bytes] | None = None

    def __call__(self, moment: str, port: int) -> None:
        self._left -= moment == "kept"
        if self._strace or self._left:
            return
        sender = process_at(port)
        quiet = ("strace", "-f", "-qq", "-o", "/dev/null")
        command = [*quiet, f"--trace={self._call}", self._inject, "-p", str(sender.pid)]
        self._strace = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until_traced(sender)

    def ended(self) -> None:
        """Wait until there is nothing to trace any more."""
        if self._strace:
            self._strace.wait(30)


def process_at(port: int) -> psutil.Process:
    """The process below us that holds the other end of a connection."""
    for process in psutil.Process().children(recursive=True):
        try:
            if any(line.laddr and line.laddr.port == port for line in process.net_connections("tcp")):
                return process
        except psutil.Error:
            continue
    raise LookupError(port)


def kill_whole_group(process: psutil.Process) -> None:
    """A service with all its workers, at once."""
    os.killpg(os.getpgid(process.pid), signal.SIGKILL)


def until_traced(process: psutil.Process) -> None:
    """Wait until strace holds every thread of a process."""
    end = time.monotonic() + 10
    while not all(_is_traced(process.pid, thread.id) for thread in process.threads()):
        if time.monotonic() > end:
            raise TimeoutError(process)
        time.sleep(0.005)


def _is_traced(pid: int, thread: int) -> bool:
    status = Path(f"/proc/{pid}/task/{thread}/status").read_text()
    return not re.search(r"^TracerPid:\s*0$", status, re.MULTILINE)
