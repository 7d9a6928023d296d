"""A peer's work in a process of its own: what it came to, and what it took."""

import hashlib
import resource
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow as pa

from bench.data import Data

SPAWN = get_context("spawn")
PEERS = {
    "floor": "",
    "ours": "",
    "original": "",
    "pandas": "",
    "polars": "polars",
    "duckdb": "",
    "dask": "dask",
    "spark": "pyspark",
}
"""Modules of `bench.peers`, and the library that each needs beyond ours."""


class Cost(NamedTuple):
    """What it took. `cpu_seconds` are of all threads and children, and steadier on a machine that others use, too."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


class Disagreement(Exception):
    """Two peers came to different figures: `Disagreement(task, digests)`."""


def missing() -> list[str]:
    """The peers that are not installed."""
    return [peer for peer, library in PEERS.items() if library and not find_spec(library)]


def measure(task: str, data: Data, rounds: int, peers: Sequence[str]) -> dict[str, Cost]:
    """Every one of these peers that can do the task, taking turns: medians of the rounds. Raises Disagreement."""
    costs: dict[str, list[Cost]] = {}
    said: dict[str, str] = {}
    for turn in range(rounds):
        for peer in peers[:: -1 if turn % 2 else 1]:
            if found := _in_a_process(peer, task, data):
                said[peer], cost = found
                costs.setdefault(peer, []).append(cost)
    require_same(task, said)
    return {peer: median(costs[peer]) for peer in peers if peer in costs}


def require_same(task: str, digests: Mapping[str, str]) -> None:
    """Every peer came to the same rows; a floor comes to none. Raises Disagreement."""
    if len({digest for digest in digests.values() if digest}) > 1:
        raise Disagreement(task, digests)


def median(costs: Iterable[Cost]) -> Cost:
    """Of each figure by itself."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def _in_a_process(peer: str, task: str, data: Data) -> tuple[str, Cost] | None:
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_work, args=(theirs, peer, task, data))
    process.start()
    theirs.close()
    try:
        found: tuple[str, Cost] | None = ours.recv()
    finally:
        process.join()
    return found


def _work(pipe: Connection, peer: str, task: str, data: Data) -> None:
    module = import_module(f"bench.peers.{peer}")
    if act := getattr(module, task, None):
        getattr(module, "prepare", lambda *_: None)(data, task)
        started, used = time.perf_counter(), _cpu_seconds()
        table = act(data)
        pipe.send((_digest(table), Cost(time.perf_counter() - started, _cpu_seconds() - used, peak_mib())))
    else:
        pipe.send(None)


def _digest(table: pa.Table | None) -> str:
    """Of the rows in any order. Empty for a floor, which comes to nothing."""
    if table is None:
        return ""
    columns = sorted(table.column_names)
    rows = sorted(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
    return hashlib.sha256(str((columns, rows)).encode()).hexdigest()


def _children() -> Mapping[int, psutil.Process]:
    return {child.pid: child for child in psutil.Process().children(recursive=True)}


def _cpu_seconds() -> float:
    own = psutil.Process().cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in _children().values():
        with suppress(psutil.NoSuchProcess):
            spent += sum(child.cpu_times()[:4])
    return spent


def peak_mib() -> float:
    """Of the process with its living children, or with the largest one that has ended."""
    living = sum(_high_water(pid) for pid in _children())
    return _high_water("self") + max(living, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)


def _high_water(pid: int | str) -> int:
    with suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(row for row in status if row.startswith("VmHWM")).split()[1]) >> 10
    return 0
