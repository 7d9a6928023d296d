"""`python -m bench`: one table, a section a task, everything in it measured in this run."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from bench.data import REFERENCE_DAY, Data, make_data, run_night
from bench.measuring import PEERS, Cost, Disagreement, measure, missing
from bench.returns import write_store
from bench.server import served
from rfm_service.configuration import load
from rfm_service.demo.home import fresh_home
from rfm_service.home import Home

PROJECT = Path(__file__).parent.parent
CONFIG = PROJECT / "config" / "service.toml"
TOKEN = "bench"
SETTLING_SECONDS = 4
PORTABILITY = "portability"
TASKS = {
    "sync": "a year of sales, HTTP to the store",
    "rfm": "customers with segment, tier and interval",
    "snapshots": "36 months of snapshots and transitions",
    "cohorts": "36 months of cohorts",
    "netting": "as many lines netted from scratch",
    "workbook": "the workbook",
    "night": "the first night, from nothing",
    PORTABILITY: "our models on Spark",
}
COLUMNS = {"": 35, "seconds": 8, "of ours": 8, "CPU seconds": 11, "CPU of ours": 11, "of the floor": 12, "peak MiB": 8}
"""Of the table, with their widths: its sections are printed one by one."""

console = Console(width=120)


def main(
    customers: Annotated[int, typer.Option(help="Size of the shop.")] = 1200,
    orders: Annotated[int, typer.Option(help="Orders of three years.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="The medians of so many are shown.")] = 3,
    peer: Annotated[list[str] | None, typer.Option(help="Only these beside ours; all unless given.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="Only these; all unless given.")] = None,
) -> None:
    """Measure, and print what each task took when it is done. Exit code 1 when two peers come to different figures."""
    absent = missing()
    for name in absent:
        console.print(f"{name} is not installed and is skipped: pip install -r bench/requirements.txt")
    peers = [name for name in PEERS if name not in absent and (not peer or name in {*peer, "ours"})]
    with tempfile.TemporaryDirectory() as folder, served(REFERENCE_DAY - 1, customers, TOKEN) as url:
        shop, past = (
            fresh_home(Path(folder) / name, CONFIG, load(PROJECT, CONFIG), url, TOKEN) for name in ("shop", "past")
        )
        data = make_data(Path(folder), shop, past, orders)
        wanted = task or [*TASKS]
        if "netting" in wanted:
            write_store(data.returns, orders)
        if "workbook" in wanted:
            run_night(shop)
        try:
            for place, (title, costs) in enumerate(_measured(wanted, data, rounds, peers)):
                console.print(_section(title, costs, with_names=place == 0))
        except Disagreement as error:
            console.print(f"The peers do not agree about {error.args[0]}: {error.args[1]}")
            raise typer.Exit(1) from None
        console.print(f"The daemon at rest: {_idle_mib(shop)} MiB")


def _measured(tasks: list[str], data: Data, rounds: int, peers: list[str]) -> Iterator[tuple[str, dict[str, Cost]]]:
    for task in tasks:
        if task != PORTABILITY:
            yield TASKS[task], measure(task, data, rounds, peers)
        elif "spark" in peers:
            from bench.spark import costs

            yield from costs(data, rounds)


def _section(title: str, costs: dict[str, Cost], *, with_names: bool) -> Table:
    columns = [Column(name, width=width) for name, width in COLUMNS.items()]
    table = Table(*columns, title=title, title_justify="left", show_header=with_names)
    ours, floor = costs["ours"], costs.get("floor")
    for peer, cost in costs.items():
        table.add_row(
            peer,
            f"{cost.seconds:.2f}",
            _ratio(cost.seconds, ours.seconds),
            f"{cost.cpu_seconds:.2f}",
            _ratio(cost.cpu_seconds, ours.cpu_seconds),
            _ratio(cost.cpu_seconds, floor.cpu_seconds) if floor else "",
            f"{cost.peak_mib:.0f}" if cost.peak_mib else "",
        )
    return table


def _ratio(cost: float, other: float) -> str:
    """Nothing beside a cost below the clock's resolution."""
    return f"{cost / other:.2f}" if other else ""


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


if __name__ == "__main__":
    typer.run(main)
