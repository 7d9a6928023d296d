"""What the commands print: progress, the summary of a night, the state of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from rfm_service.clock import date_of
from rfm_service.locales import Language
from rfm_service.night import Summary
from rfm_service.status import Status
from rfm_service.workers import Listener

ENGLISH = Language("en")

console = Console(highlight=False)


@contextmanager
def progress() -> Iterator[Listener]:
    """A bar for every step while it runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {}

        def listen(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=max(total, 1))

        yield listen


def show_summary(summary: Summary, files: list[Path]) -> None:
    """The night in figures, and where its report lies."""
    sync, classify = summary.sync, summary.classify
    console.print(f"\n[bold]Night {summary.run_id}[/bold]: sales to {date_of(summary.reference_day - 1):%d.%m.%Y}")
    console.print(
        f"Days read {ENGLISH.number(sync.days_read)} ({ENGLISH.number(sync.days_changed)} new or changed, "
        f"{ENGLISH.number(sync.lines)} lines) · customers {ENGLISH.number(classify.customers)} · "
        f"orders {ENGLISH.number(classify.orders)} · {ENGLISH.money(classify.monetary)}\n"
    )
    for title, figures in (("Segment", classify.segments), ("Tier", classify.tiers)):
        console.print(
            _table(
                (title, "Customers", "Amount"),
                [(figure.title, ENGLISH.number(figure.customers), ENGLISH.money(figure.amount)) for figure in figures],
            )
        )
    console.print(
        _table(
            ("Step", "Seconds", "Peak MiB"),
            [(step.step, f"{step.seconds:.1f}", str(step.peak_mib or "-")) for step in summary.steps],
        )
    )
    for warning in classify.warnings:
        console.print(f"[yellow]! {warning}[/yellow]")
    for file in files:
        console.print(str(file), soft_wrap=True)


def show_status(status: Status) -> None:
    """The state of the service, for eyes."""
    console.print(f"[bold]{status.home}[/bold]")
    console.print(
        f"Days read: {status.days}, the newest {status.newest_day or '-'} · lines set aside: {status.quarantined} · "
        f"messages waiting: {status.messages_waiting} · reports waiting: {len(status.reports_waiting)}\n"
    )
    console.print(
        _table(
            ("Run", "State", "Began (UTC)", "Ended (UTC)", "Error"),
            [(run.run_id, run.state, run.started_at, run.ended_at or "-", run.error) for run in status.runs],
        )
    )
    for parcel in status.reports_waiting:
        console.print(
            f"[yellow]! Report {parcel.name} waits for {parcel.folder}: {parcel.error}[/yellow]", soft_wrap=True
        )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for number, title in enumerate(head):
        table.add_column(title, justify="left" if number == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
