"""`python -m bench.scale`: nights of a store that holds one year, and of one that holds ten with the same last year.

Each step runs in a process of its own, as in the service, in turns on both stores. Sales come over HTTP from a 1C
double.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from bench.measuring import Cost, peak_mib
from bench.scale_shop import ScaleBook, Shop
from bench.scale_store import Told, write_store
from rfm_service.cleaning.verdicts import rules_of
from rfm_service.clock import SystemClock
from rfm_service.configuration import load
from rfm_service.demo.home import fresh_home
from rfm_service.demo.server import ErpServer
from rfm_service.home import Home
from rfm_service.jobs import Job
from rfm_service.receipts import Receipt
from rfm_service.sources.erp_http import connect
from rfm_service.steps import (
    back_up,
    check_store,
    check_totals,
    classify_customers,
    draw_charts,
    drop_old_days,
    look_back,
    record_report,
    spool_report,
    sync_sales,
    write_lists,
    write_page,
    write_workbook,
)
from rfm_service.store import journal
from rfm_service.store.connection import existing, transaction
from rfm_service.workers import Step

PROJECT = Path(__file__).parent.parent
CONFIG = PROJECT / "config" / "service.toml"
TOKEN = "bench"
REFERENCE_DAY = 20_777
HORIZON = 365
SPAWN = get_context("spawn")

UNTIL_THE_REPORT: Sequence[Step] = (
    sync_sales,
    check_store,
    classify_customers,
    look_back,
    draw_charts,
    write_workbook,
    write_lists,
    write_page,
    check_totals,
    spool_report,
    record_report,
)
AFTER_IT: Sequence[Step] = (drop_old_days, back_up)
"""What no report waits for."""

TOTAL = "until the report"
Costs = dict[str, Cost]

console = Console(width=120)


class Scale(NamedTuple):
    """How big: customers and lines of all the years; the days that the first night finds missing; nights after it."""

    customers: int
    lines: int
    years: int
    missing_days: int
    nights: int

    @property
    def shop(self) -> Shop:
        """The shop whose days these are."""
        return Shop(self.customers, self.lines, REFERENCE_DAY - self.years * HORIZON, REFERENCE_DAY + self.nights - 1)

    @property
    def stored(self) -> dict[str, range]:
        """The days that each store begins with."""
        end = REFERENCE_DAY - self.missing_days
        return {
            "one year": range(REFERENCE_DAY - HORIZON, end),
            f"{self.years} years": range(REFERENCE_DAY - self.years * HORIZON, end),
        }


def main(
    customers: Annotated[int, typer.Option(help="Of all the years.")] = 800_000,
    lines: Annotated[int, typer.Option(help="Of all the years.")] = 40_000_000,
    years: Annotated[int, typer.Option(help="Of the long store; the short one has its last year.")] = 10,
    missing_days: Annotated[int, typer.Option(help="That the first night reads.")] = 18,
    nights: Annotated[int, typer.Option(help="After the first; the median of so many is shown.")] = 3,
    folder: Annotated[Path | None, typer.Option(help="Where the stores go, and stay to be used again.")] = None,
    after: Annotated[bool, typer.Option(help="Also what no report waits for: the backup.")] = True,
) -> None:
    """Make the stores, measure the nights, print."""
    scale = Scale(customers, lines, years, missing_days, nights)
    with _folder(folder) as place, served(scale.shop) as url:
        homes = {name: home_of(place / name.replace(" ", "-"), scale, days, url) for name, days in scale.stored.items()}
        first = measure(homes, REFERENCE_DAY, after=after)
        _print_first(first, homes)
        rounds = [measure(homes, REFERENCE_DAY + night, after=False) for night in range(1, nights + 1)]
        if rounds:
            _print_growth(rounds)


def home_of(path: Path, scale: Scale, days: range, url: str) -> Home:
    """A home whose store holds these days; a store that is there is taken as it is."""
    kept = path / "sales.db"
    home = fresh_home(path, CONFIG, load(PROJECT, CONFIG), url, TOKEN)
    if not kept.exists():
        started = time.perf_counter()
        told = Told(connect(home.settings.erp).reader, rules_of(home.settings.cleaning))
        part = kept.with_suffix(".part")
        part.unlink(missing_ok=True)
        write_store(part, scale.shop, days, told, REFERENCE_DAY - HORIZON)
        part.rename(kept)
        size = kept.stat().st_size / (1 << 30)
        console.print(f"{path.name}: {size:.2f} GiB written in {time.perf_counter() - started:.0f} s")
    home.database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, home.database)
    return home


def measure(homes: dict[str, Home], reference_day: int, *, after: bool) -> dict[str, Costs]:
    """One night of every home, step by step in turns: what each step took."""
    nights = {name: _Night(home, reference_day) for name, home in homes.items()}
    for step in UNTIL_THE_REPORT:
        for night in nights.values():
            night.do(step)
    for night in nights.values():
        night.finish()
    for step in AFTER_IT if after else ():
        for night in nights.values():
            night.do(step)
    return {name: night.costs for name, night in nights.items()}


class _Night:
    def __init__(self, home: Home, reference_day: int) -> None:
        self.costs: Costs = {}
        self._home = home
        with existing(home.database) as store:
            run_id = journal.begin_run(store, reference_day, "", SystemClock().now())
        self._job = Job(home, run_id, reference_day)

    def do(self, step: Step) -> None:
        receipt, self.costs[step.__name__] = _in_a_process(step, self._job)
        self._job.receipts[step.__name__] = receipt

    def finish(self) -> None:
        with existing(self._home.database) as store, transaction(store):
            journal.finish_run(store, self._job.run_id, SystemClock().now())


def total(costs: Costs) -> Cost:
    """What a night took until its report: steps one after another."""
    some = [costs[step.__name__] for step in UNTIL_THE_REPORT]
    return Cost(
        sum(cost.seconds for cost in some), sum(cost.cpu_seconds for cost in some), max(c.peak_mib for c in some)
    )


@contextmanager
def served(shop: Shop) -> Iterator[str]:
    """The URL of a 1C double with the shop's days, in a process of its own."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, shop), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, shop: Shop) -> None:
    server = ErpServer(ScaleBook(shop), TOKEN)
    pipe.send(server.url)
    server.run()


def _in_a_process(step: Step, job: Job) -> tuple[Receipt, Cost]:
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_do, args=(theirs, step, job), daemon=True)
    process.start()
    theirs.close()
    receipt, cost = ours.recv()
    process.join()
    return receipt, cost


def _do(pipe: Connection, step: Step, job: Job) -> None:
    started = time.perf_counter()
    receipt = step(job, _silent)
    pipe.send((receipt, Cost(time.perf_counter() - started, time.process_time(), peak_mib())))


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder:
        yield folder
    else:
        with tempfile.TemporaryDirectory() as made:
            yield Path(made)


def _print_first(costs: dict[str, Costs], homes: dict[str, Home]) -> None:
    sizes = ", ".join(f"{name}: {home.database.stat().st_size / (1 << 30):.2f} GiB" for name, home in homes.items())
    columns = [f"{name}: {what}" for name in costs for what in ("seconds", "CPU", "MiB")]
    table = Table("the first night", *columns, title=sizes)
    for step in next(iter(costs.values())):
        table.add_row(step, *(text for found in costs.values() for text in _texts(found[step])))
    table.add_row(TOTAL, *(text for found in costs.values() for text in _texts(total(found))))
    console.print(table)


def _print_growth(rounds: list[dict[str, Costs]]) -> None:
    short, long = rounds[0]
    table = Table("an ordinary night", f"{short}: CPU", f"{long}: CPU", "ratio", "seconds", "seconds", "ratio", "MiB")
    shown = [{store: costs | {TOTAL: total(costs)} for store, costs in night.items()} for night in rounds]
    for name in [*(step.__name__ for step in UNTIL_THE_REPORT), TOTAL]:
        before, later = ([night[store][name] for night in shown] for store in (short, long))
        row = []
        for what in ("cpu_seconds", "seconds"):
            pairs = [(getattr(a, what), getattr(b, what)) for a, b in zip(before, later, strict=True)]
            ratio = statistics.median(b / a for a, b in pairs)
            row += [*(f"{statistics.median(each):.1f}" for each in zip(*pairs, strict=True)), f"{ratio:.2f}"]
        table.add_row(name, *row, str(max(cost.peak_mib for cost in later)))
    console.print(table)


def _texts(cost: Cost) -> tuple[str, str, str]:
    return f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", str(cost.peak_mib)


def _silent(*_: object) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    typer.run(main)
