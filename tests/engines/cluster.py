"""A Spark cluster on the loopback: a master and two workers, as one starts them by hand."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

SPARK = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"
PATIENCE = 120.0


@contextmanager
def standalone(folder: Path, workers: int = 2) -> Iterator[str]:
    """The address of the master; afterwards nothing of it runs."""
    with ExitStack() as running:
        log = running.enter_context(_started("master.Master", folder / "master.log", "--port", "0"))
        address = _said(log, "Starting Spark master at ")
        for number in range(workers):
            place = folder / f"worker{number}"
            limits = ("--cores", "1", "--memory", "1g", "--work-dir", str(place))
            log = running.enter_context(_started("worker.Worker", folder / f"{place.name}.log", *limits, address))
            _said(log, "Successfully registered with master ")
        yield address


@contextmanager
def _started(role: str, log: Path, *arguments: str) -> Iterator[Path]:
    everybody = ("--host", "127.0.0.1", "--webui-port", "0")
    command = [str(SPARK / "bin" / "spark-class"), f"{DEPLOY}.{role}", *everybody, *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield log
    finally:
        process.terminate()
        process.wait()


def _said(log: Path, words: str) -> str:
    """What stands behind these words in a log, as soon as they are there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        text = log.read_text(errors="replace")
        if words in text:
            return text.partition(words)[2].split()[0]
        time.sleep(0.1)
    raise AssertionError(f"Never said {words!r}: {log.read_text(errors='replace')}")
