"""Steps that behave, and steps that die in every way. Spawned processes import them from here."""

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from rfm_service.errors import BadAnswer
from rfm_service.receipts import CheckReceipt, SpoolReceipt
from rfm_service.workers import Report

log = logging.getLogger("steps")


class Job(NamedTuple):
    """What a night hands to its steps."""

    run_id: str
    folder: Path


def count(job: Job, report: Report) -> CheckReceipt:
    return CheckReceipt(compared=7)


def tell_progress(job: Job, report: Report) -> CheckReceipt:
    for done in range(1, 4):
        report(done, 3)
    return CheckReceipt(compared=3)


def tell_the_log(job: Job, report: Report) -> CheckReceipt:
    log.debug("not heard")
    log.info("%d days read", 3)
    logging.getLogger("other").warning("careful")
    return CheckReceipt(compared=0)


def name_the_process(job: Job, report: Report) -> SpoolReceipt:
    return SpoolReceipt(files=[str(os.getpid()), threading.current_thread().name, str("pytest" in sys.modules)])


def doubt(job: Job, report: Report) -> CheckReceipt:
    raise BadAnswer("The ERP answered {0} for {1}.", "{nothing}", "Ёлки")


def crash(job: Job, report: Report) -> CheckReceipt:
    raise ValueError("no such column")


def give_up(job: Job, report: Report) -> CheckReceipt:
    os._exit(3)


def leave(job: Job, report: Report) -> CheckReceipt:
    sys.exit(4)


def be_killed(job: Job, report: Report) -> CheckReceipt:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def abort(job: Job, report: Report) -> CheckReceipt:
    os.abort()


def run_out_of_memory(job: Job, report: Report) -> CheckReceipt:
    raise MemoryError


def hang(job: Job, report: Report) -> CheckReceipt:
    time.sleep(600)
    raise AssertionError


def hang_on(job: Job, report: Report) -> CheckReceipt:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hang(job, report)


def chatter(job: Job, report: Report) -> CheckReceipt:
    while True:
        report(1, 2)


def leak(job: Job, report: Report) -> CheckReceipt:
    kept = []
    while True:
        kept.append(bytearray(b"x" * (20 << 20)))
        time.sleep(0.1)


def freeze(job: Job, report: Report) -> CheckReceipt:
    os.kill(os.getpid(), signal.SIGSTOP)
    raise AssertionError


def fault(job: Job, report: Report) -> CheckReceipt:
    ctypes.string_at(0)
    raise AssertionError


def fail_to_pickle(job: Job, report: Report) -> Any:
    return lambda: None


def fail_to_pickle_an_error(job: Job, report: Report) -> CheckReceipt:
    raise BadAnswer("The {0}.", threading.Lock())


def return_much(job: Job, report: Report) -> SpoolReceipt:
    return SpoolReceipt(files=["я" * 10_000_000])


def meet_first(job: Job, report: Report) -> CheckReceipt:
    return _meet(job.folder / "first", job.folder / "second")


def meet_second(job: Job, report: Report) -> CheckReceipt:
    return _meet(job.folder / "second", job.folder / "first")


def _meet(mine: Path, other: Path) -> CheckReceipt:
    """Return only if the other step runs at the same time."""
    mine.touch()
    give_up_at = time.monotonic() + 20
    while not other.exists():
        if time.monotonic() > give_up_at:
            raise TimeoutError("nobody came")
        time.sleep(0.01)
    return CheckReceipt(compared=1)


def hold_a_line_for_good(port: int, report: Report) -> CheckReceipt:
    """The same, whatever the signal."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hold_a_line(port, report)


def hold_a_line(port: int, report: Report) -> CheckReceipt:
    """Connect to this port, tell so, and hang: the line is held as long as the process lives."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"alive")
        report(1, 2)
        time.sleep(600)
    raise AssertionError
