"""`python -m bench`: one table, everything in it measured in this run."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench import history
from bench.peers import Row, download, insert_bare, insert_row_by_row
from bench.returns import read_bare, rebuild, write_store
from bench.server import served
from rfm_service import night, workers
from rfm_service.cleaning.verdicts import rules_of
from rfm_service.clock import SystemClock
from rfm_service.demo.home import fresh_home
from rfm_service.demo.shop import make_shop
from rfm_service.settings import Home, load
from rfm_service.sources.erp_http import connect
from rfm_service.store.connection import opened
from rfm_service.sync.reading import read_days

PROJECT = Path(__file__).parent.parent
CONFIG = PROJECT / "config" / "service.toml"
REFERENCE_DAY = 20_777
DAYS = range(REFERENCE_DAY - 365, REFERENCE_DAY)
TOKEN = "bench"
ONE_BY_ONE = 300
RETURN_LINES = 1_000_000
SETTLING_SECONDS = 4

console = Console()


def main(
    customers: Annotated[int, typer.Option(help="Size of the shop.")] = 1200,
    rounds: Annotated[int, typer.Option(help="The median of so many is shown.")] = 3,
    orders: Annotated[int, typer.Option(help="Orders to look back at.")] = 3_000_000,
    spark_orders: Annotated[int, typer.Option(help="Orders to look back at on Spark, 0: none.")] = 1_000_000,
) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, served(REFERENCE_DAY - 1, customers, TOKEN) as url:
        home = fresh_home(Path(folder), CONFIG, load(PROJECT, CONFIG), url, TOKEN)
        _sync(home, customers, rounds)
        _returns(Path(folder) / "returns.db", rounds)
        _history(Path(folder) / "orders.arrow", orders)
        if spark_orders:
            _spark(Path(folder) / "spark.arrow", spark_orders, rounds)
        _night(home)
        console.print(f"The daemon at rest: {_idle_mib(home)} MiB")


def _sync(home: Home, customers: int, rounds: int) -> None:
    book = make_shop(REFERENCE_DAY - 1, customers=customers)
    days: list[Sequence[Row]] = [[tuple(line.values()) for line in book.wire_lines(day)] for day in DAYS]
    lines = sum(map(len, days))
    peer = home.path / "peer.db"
    first = [row for rows in days for row in rows][:ONE_BY_ONE]
    _read_year(home)  # the server has every answer ready now
    seconds = {
        "row by row, as the original (a)": _median(rounds, lambda: insert_row_by_row(peer, first)) * lines / ONE_BY_ONE,
        "bare executemany, the floor (b)": _median(rounds, lambda: insert_bare(peer, days)),
        "ours: HTTP to committed rows and orders": _median(rounds, lambda: _read_year(home)),
        "bare download, the floor of looking again": _median(
            rounds, lambda: download(home.settings.erp.url, TOKEN, DAYS)
        ),
        "ours: a year again, unchanged": _median(rounds, lambda: _read(home)),
    }
    title = f"A year of sales: {lines} lines in {len(DAYS)} days"
    table = Table("", "seconds", "lines/s", "to (a)", "to (b)", title=title)
    original, floor, *_ = seconds.values()
    for name, spent in seconds.items():
        table.add_row(name, f"{spent:.2f}", f"{lines / spent:,.0f}", f"{original / spent:.1f}", f"{floor / spent:.2f}")
    console.print(table)


def _returns(path: Path, rounds: int) -> None:
    write_store(path, RETURN_LINES)
    seconds = {
        "a bare read of every line": _median(rounds, lambda: read_bare(path)),
        "ours: every return matched, every order derived": _median(rounds, lambda: rebuild(path)),
    }
    table = Table("", "seconds", "to the floor", title=f"Netting from scratch: {RETURN_LINES:,} lines, 5 % returns")
    floor = next(iter(seconds.values()))
    for name, spent in seconds.items():
        table.add_row(name, f"{spent:.2f}", f"{spent / floor:.1f}")
    console.print(table)


def _history(path: Path, orders: int) -> None:
    history.write_orders(path, orders)
    found = {name: history.cost_of(peer, path) for name, peer in history.PEERS.items()}
    (outcome,) = {outcome for outcome, _ in found.values()}
    costs = {name: cost for name, (_, cost) in found.items()}
    title = f"{len(history.MONTHS)} months looked back at: {orders:,} orders, {outcome.snapshots:,} snapshots"
    table = Table("", "seconds", "to ours", "CPU seconds", "to ours", "peak MiB", title=title)
    ours, *_ = costs.values()
    for name, cost in costs.items():
        times = [(cost.seconds, ours.seconds), (cost.cpu_seconds, ours.cpu_seconds)]
        shown = [text for own, first in times for text in (f"{own:.1f}", f"{own / first:.1f}")]
        table.add_row(name, *shown, str(cost.peak_mib))
    console.print(table)


def _spark(path: Path, orders: int, rounds: int) -> None:
    if not find_spec("pyspark"):
        console.print('Spark is skipped: pip install "pyspark>=4.1,<5"')
        return
    from bench.spark import costs

    history.write_orders(path, orders)
    for title, found in costs(path, rounds):
        table = Table("", "seconds", "to ours", "CPU seconds", "to ours", title=f"Spark, {orders:,} orders: {title}")
        ours, *_ = found.values()
        for name, cost in found.items():
            times = [(cost.seconds, ours.seconds), (cost.cpu_seconds, ours.cpu_seconds)]
            table.add_row(name, *(text for own, first in times for text in (f"{own:.1f}", f"{own / first:.2f}")))
        console.print(table)


def _read_year(home: Home) -> None:
    home.database.unlink(missing_ok=True)
    _read(home)


def _read(home: Home) -> None:
    with opened(home.database) as store:
        rules = rules_of(home.settings.cleaning)
        read_days(store, connect(home.settings.erp), rules, DAYS, SystemClock(), timedelta(0), _silent)


def _night(home: Home) -> None:
    home.database.unlink(missing_ok=True)
    started = time.perf_counter()
    with opened(home.database) as store:
        summary = workers.finish(night.conduct(home, store, REFERENCE_DAY, SystemClock(), _silent))
    table = Table("step", "seconds", "peak MiB", title="The first night, nothing known before")
    for step in summary.steps:
        table.add_row(step.step, f"{step.seconds:.1f}", str(step.peak_mib))
    table.add_row("from start to end", f"{time.perf_counter() - started:.1f}", "")
    console.print(table)


def _idle_mib(home: Home) -> int:
    """Resident memory of `run_service.py run` that has nothing to do."""
    place = ["--home", str(home.path), "--config", str(CONFIG)]
    daemon = subprocess.Popen([sys.executable, PROJECT / "run_service.py", *place, "run"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLING_SECONDS)
        status = Path(f"/proc/{daemon.pid}/status").read_text().splitlines()
        return int(next(row for row in status if row.startswith("VmRSS")).split()[1]) >> 10
    finally:
        daemon.terminate()
        daemon.wait()


def _median(rounds: int, act: Callable[[], None]) -> float:
    return statistics.median(_seconds(act) for _ in range(rounds))


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _silent(*_: object) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    typer.run(main)
