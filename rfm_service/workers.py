"""Run steps in spawned processes, each within limits of its own.

A worker talks to its parent over one pipe: log records, progress, and how it ended. When it crashes, hangs, leaks or is
killed the parent notices and goes on; when the parent dies the worker dies with it.

The parent never blocks on a worker: `work` is a generator that yields the pipes it waits for, so that one loop can look
after several works at once. `run` does one work to its end.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psutil

from rfm_service.disk import is_full
from rfm_service.errors import DiskFull, RfmError, WorkerEnded, sketch_of
from rfm_service.receipts import Receipt

SPAWN = multiprocessing.get_context("spawn")
TICK = 1.0
PATIENCE = 10.0

log = logging.getLogger(__name__)

Report = Callable[[int, int], None]
"""What a step calls to tell how far it is: `report(done, total)`."""

Step = Callable[[Any, Report], Receipt]
"""A step takes a job of its own kind, and how to tell its progress."""

Listener = Callable[[str, int, int], None]
"""Who hears of progress: `listener(step, done, total)`."""

T = TypeVar("T")
Work = Generator[Sequence[Any], None, T]
"""Something that takes its time: it yields what it waits for, and returns what came of it. Closing it stops it."""


class Left(NamedTuple):
    """A step with its job whose process not even SIGKILL could end: a hung network folder."""

    step: str
    job: Any
    process: Any


left_behind: list[Left] = []
"""The program must not wait for them when it ends."""


class Limits(NamedTuple):
    """What a worker may take: minutes of wall time, MiB of resident memory."""

    minutes: float
    mib: int = 2048


class Outcome(NamedTuple):
    """How a step ended: a receipt or an error. Wall seconds, and the worker's peak memory in MiB (0: unknown)."""

    step: str
    receipt: Receipt | None
    error: RfmError | None
    seconds: float
    peak_mib: int


class _Progress(NamedTuple):
    done: int
    total: int


class _End(NamedTuple):
    receipt: Receipt | None
    error: RfmError | None
    peak_mib: int


def run(steps: Sequence[Step], job: Any, limits: Limits, listener: Listener) -> list[Outcome]:
    """Run the steps side by side, one process each. A failing step is an outcome."""
    return finish(work(steps, job, limits, listener))


def work(steps: Sequence[Step], job: Any, limits: Limits, listener: Listener) -> Work[list[Outcome]]:
    """The steps side by side, one process each. A failing step is an outcome."""
    workers: list[_Worker] = []
    try:
        for step in steps:
            workers.append(_Worker(step, job, limits, listener))
            listener(step.__name__, 0, 1)
        while waiting := [worker for worker in workers if not worker.gone]:
            yield [worker.awaited for worker in waiting]
            for worker in waiting:
                worker.look()
    finally:
        for worker in workers:
            worker.stop()
    return [worker.outcome for worker in workers if worker.outcome]


def lingering(step: Step) -> list[Any]:
    """The jobs of this step whose process was left behind, and is still there."""
    left_behind[:] = [left for left in left_behind if left.process.is_alive()]
    return [left.job for left in left_behind if left.step == step.__name__]


def finish(work: Work[T]) -> T:
    """Wait until it is done."""
    with closing(work):
        while True:
            try:
                awaited = next(work)
            except StopIteration as done:
                result: T = done.value
                return result
            pause(awaited)


def pause(awaited: Sequence[Any]) -> None:
    """Until one of the works has something to do, for a tick at most."""
    if awaited:
        wait(awaited, timeout=TICK)
    else:
        time.sleep(TICK)


class _Worker:
    """The parent's side of one process. `gone`: it has ended, or was left behind."""

    def __init__(self, step: Step, job: Any, limits: Limits, listener: Listener) -> None:
        self.outcome: Outcome | None = None
        self.gone = False
        self.pipe, theirs = SPAWN.Pipe(duplex=False)
        self._step = step.__name__
        self._job = job
        self._listener = listener
        self._limits = limits
        self._context = {"step": self._step, "run_id": getattr(job, "run_id", "")}
        self._started = time.monotonic()
        self._deadline = self._started + limits.minutes * 60
        self._process = SPAWN.Process(target=_work, args=(step, job, theirs), name=self._step, daemon=True)
        self._process.start()
        theirs.close()
        self._measures = iter((self._process.terminate, self._process.kill, self._leave_behind))
        self._patience = 0.0

    @property
    def awaited(self) -> Any:
        """What tells that there is something to look at."""
        return self._process.sentinel if self.outcome else self.pipe

    def look(self) -> None:
        """Read what the worker has said; notice its death, its deadline and its size; see it out."""
        if self.outcome is None:
            self._listen()
        if self.outcome is None:
            self._check_limits()
        if self.outcome and not self.gone:
            self._see_out()

    def stop(self) -> None:
        """End the process, whatever it does, and wait until it has gone."""
        if self.outcome is None:
            self._condemn(WorkerEnded("The step {0} was stopped.", self._step))
        while not self.gone:
            self._process.join(TICK / 10)
            self._see_out()

    def _listen(self) -> None:
        try:
            until = min(self._deadline, time.monotonic() + TICK)  # one that never stops talking holds up nobody
            while self.outcome is None and self.pipe.poll() and time.monotonic() < until:
                self._hear(self.pipe.recv())
        except (EOFError, OSError):
            self.pipe.close()
            self._process.join(PATIENCE)
            self._end(_End(None, self._death(), 0))

    def _check_limits(self) -> None:
        if time.monotonic() > self._deadline:
            seconds = round(self._deadline - self._started)
            self._condemn(WorkerEnded("The step {0} was stopped after {1} seconds.", self._step, seconds))
        elif _resident_mib(self._process.pid) > self._limits.mib:
            self._condemn(
                WorkerEnded(
                    "The step {0} was stopped: it took more than {1} MiB of memory (night.step_mib).",
                    self._step,
                    self._limits.mib,
                )
            )

    def _condemn(self, error: WorkerEnded) -> None:
        self._end(_End(None, error, 0))
        self._patience = 0.0

    def _see_out(self) -> None:
        """Once it has ended, let go; if it does not end, press: politely, then not, then leave it behind."""
        if not self._process.is_alive():
            self._process.close()  # its two files would stay open until somebody collects garbage
            self._let_go()
        elif time.monotonic() > self._patience:
            self._patience = time.monotonic() + PATIENCE
            next(self._measures)()

    def _leave_behind(self) -> None:
        log.error("Worker %s cannot be killed and is left behind.", self._step)
        left_behind.append(Left(self._step, self._job, self._process))
        self._let_go()

    def _let_go(self) -> None:
        self.gone = True
        self.pipe.close()

    def _hear(self, message: logging.LogRecord | _Progress | _End) -> None:
        match message:
            case logging.LogRecord():
                vars(message).update(self._context)
                logging.getLogger(message.name).handle(message)
            case _Progress(done, total):
                self._listener(self._step, done, total)
            case _End():
                self._end(message)

    def _end(self, end: _End) -> None:
        seconds = time.monotonic() - self._started
        if end.receipt:
            self._listener(self._step, 1, 1)
        self.outcome = Outcome(self._step, end.receipt, end.error, seconds, end.peak_mib)
        self._patience = time.monotonic() + PATIENCE

    def _death(self) -> WorkerEnded:
        code = self._process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return WorkerEnded("The step {0} was killed by {1}{2}.", self._step, name, hint)
        return WorkerEnded("The step {0} ended by itself with code {1}; the log has more.", self._step, code)


def _work(step: Step, job: Any, pipe: Connection) -> None:
    """The child's side: everything that happens in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    say = _Voice(pipe)
    root = logging.getLogger()
    root.handlers = [_PipeHandler(say)]
    root.setLevel(logging.INFO)
    try:
        say(_End(step(job, lambda done, total: say(_Progress(done, total))), None, _peak_mib()))
    except RfmError as error:
        say(_End(None, error, _peak_mib()))
    except Exception as error:
        log.exception("The step %s crashed.", step.__name__)
        say(_End(None, _told(step, error), _peak_mib()))


def _told(step: Step, error: Exception) -> RfmError:
    if isinstance(error, OSError) and is_full(error):
        return DiskFull("The disk is full ({0}). Make room; nothing is lost.", str(error.filename or step.__name__))
    return WorkerEnded(
        "The step {0} crashed ({1}); the log has the details.",
        step.__name__,
        sketch_of(error),
    )


class _Voice:
    """Sends whole messages, whichever thread speaks."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def __call__(self, message: Any) -> None:
        with self._lock:
            self._pipe.send(message)


class _PipeHandler(QueueHandler):
    """Log records go to the parent, which alone writes the file."""

    def __init__(self, say: _Voice) -> None:
        logging.Handler.__init__(self)
        self._say = say

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        self._say(record)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


def _resident_mib(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) >> 20
    except psutil.Error:
        return 0


def _peak_mib() -> int:
    with suppress(OSError, StopIteration):
        status: Iterator[str] = iter(Path("/proc/self/status").read_text().splitlines())
        return int(next(row for row in status if row.startswith("VmHWM")).split()[1]) >> 10
    return 0 if sys.platform == "win32" else _peak_by_resource()


def _peak_by_resource() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
