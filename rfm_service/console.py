"""What the commands print: progress, the summary of a night, the state of the service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from rfm_service.clock import date_of
from rfm_service.kinds import Verdict
from rfm_service.locales import Language
from rfm_service.night import Summary
from rfm_service.receipts import ExtractReceipt, PreviewReceipt, ScoreStart
from rfm_service.records import DayAnswer, SaleLine
from rfm_service.segmentation.schemes import Scheme
from rfm_service.sources.doctor import Finding
from rfm_service.status import Status
from rfm_service.store.quarantine import QuarantinedLine
from rfm_service.workers import Listener

ENGLISH = Language("en")

LINES_SHOWN = 50
RAW_SHOWN = 60
NUMBERS = {
    "Customers",
    "Share",
    "Amount",
    "Median\ndays",
    "Median\norders",
    "Median\namount",
    "Seconds",
    "Peak MiB",
    "Quantity",
    "Sum",
}


class Axis(NamedTuple):
    """How the borders of an axis are told: stored units in one of the title's, digits behind the point."""

    title: str
    sign: str
    unit: int
    digits: int


AXES = {
    "recency": Axis("Recency,\ndays", "≤", 1, 0),
    "frequency": Axis("Frequency,\norders", "≥", 1, 0),
    "monetary": Axis("Monetary,\nroubles", "≥", 100, 2),
}
NUMBERS |= {axis.title for axis in AXES.values()}

console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)


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


def show_summary(summary: Summary, files: list[str]) -> None:
    """The night in figures, and where its report lies."""
    sync, classify = summary.sync, summary.classify
    console.print(f"\n[bold]Night {summary.run_id}[/bold]: sales up to {date_of(summary.reference_day - 1):%d.%m.%Y}")
    _print(
        f"{ENGLISH.number(sync.lines)} lines pulled ({sync.days_changed} of {sync.days_read} days new or changed) · "
        f"{ENGLISH.number(classify.customers)} customers · {ENGLISH.number(classify.orders)} orders · "
        f"{ENGLISH.money(classify.monetary)}"
    )
    for title, figures in (("Segment", classify.segments), ("Tier", classify.tiers)):
        rows = [(figure.title, ENGLISH.number(figure.customers), ENGLISH.money(figure.amount)) for figure in figures]
        _print_table((title, "Customers", "Amount"), rows)
    _print_table(
        ("Step", "Seconds", "Peak MiB"),
        [(step.step, f"{step.seconds:.1f}", str(step.peak_mib or "-")) for step in summary.steps],
    )
    console.print()
    for warning in classify.warnings:
        _warn(warning)
    for file in files:
        _print(file)


def show_segments(receipt: ExtractReceipt) -> None:
    """The segments of a day, with medians; where each score begins."""
    total = sum(row.customers for row in receipt.segments)
    rows = [
        (
            row.title,
            ENGLISH.number(row.customers),
            ENGLISH.share(row.customers / total),
            ENGLISH.money(row.monetary),
            f"{row.median_recency:g}",
            f"{row.median_frequency:g}",
            ENGLISH.money(round(row.median_monetary)),
        )
        for row in receipt.segments
    ]
    head = ("Segment", "Customers", "Share", "Amount", "Median\ndays", "Median\norders", "Median\namount")
    _print_table(head, [*rows, ("Total", ENGLISH.number(total), "", "", "", "", "")])
    _show_starts(receipt.starts)
    console.print()
    for warning in receipt.warnings:
        _warn(warning)


def _show_starts(starts: Mapping[str, Sequence[ScoreStart]]) -> None:
    """The borders of scores, the best one first; none of a map without scores."""
    if not starts:
        return
    columns = zip_longest(*(_starts_told(axis, own) for axis, own in starts.items()), fillvalue="")
    rows = [(str(score), *told) for score, told in enumerate(columns, start=1)]
    _print_table(("Score begins", *(AXES[axis].title for axis in starts)), rows[::-1])
    if any(start.shares_value for own in starts.values() for start in own):
        _print("* of those with just this value it begins with a customer's key")


def show_cuts(cuts: Mapping[str, Sequence[float]]) -> None:
    """Where the scores of a frozen map begin, in units of its file."""
    for axis, own in cuts.items():
        title, sign, _, digits = AXES[axis]
        _print(f"{title.replace(chr(10), ' ')}: {', '.join(f'{sign} {ENGLISH.number(cut, digits)}' for cut in own)}")


def _starts_told(axis: str, starts: Sequence[ScoreStart]) -> list[str]:
    """A text for each score from the first on. Where two begin with one value, nobody has the lower one."""
    _, sign, unit, digits = AXES[axis]
    told = [
        "nobody"
        if start == higher and not start.shares_value
        else f"{sign} {ENGLISH.number(start.value / unit, digits)}{'*' * start.shares_value}"
        for start, higher in zip_longest(starts, starts[1:])
    ]
    return ["the rest", *told]


def show_schemes(schemes: Sequence[Scheme], used: Sequence[str]) -> None:
    """The maps there are."""
    rows = [
        (
            scheme.name,
            scheme.title.told("en"),
            str(len(scheme.segments)),
            ", ".join(f"{axis}: {score.method}" for axis, score in scheme.scores.items()) or "thresholds",
            "in use" if scheme.name in used else "",
        )
        for scheme in schemes
    ]
    _print_table(("Name", "Title", "Segments", "Scores", ""), rows)


def show_moves(receipt: PreviewReceipt) -> None:
    """Who would be elsewhere under another map."""
    moved = [move for move in receipt.moves if move.before != move.after]
    rows = [(move.before, move.after, ENGLISH.number(move.customers), ENGLISH.money(move.monetary)) for move in moved]
    if rows:
        _print_table(("Now", "Then", "Customers", "Amount"), rows)
    total = sum(move.customers for move in receipt.moves)
    console.print()
    _print(f"{ENGLISH.number(sum(move.customers for move in moved))} of {ENGLISH.number(total)} customers would move.")


def show_status(status: Status) -> None:
    """The state of the service, for eyes."""
    console.print(f"[bold]{status.home}[/bold]")
    _print(
        f"{status.days} days known, {status.imported_days} of them from files, the newest {status.newest_day or '-'} · "
        f"{status.quarantined} lines set aside · "
        f"{status.messages_waiting} messages and {len(status.reports_waiting)} reports waiting"
    )
    for title, days in (("held, see `accept`", status.held_days), ("to be read again", status.unsealed_days)):
        if days:
            _warn(f"Days {title}: {', '.join(days)}")
    _print_table(
        ("Run", "State", "Began (UTC)", "Ended (UTC)"),
        [(run.run_id, run.state, run.started_at, run.ended_at or "-") for run in status.runs],
    )
    for run in status.runs:
        if run.error:
            _warn(f"{run.run_id}: {run.error}")
    for parcel in status.reports_waiting:
        _warn(f"Report {parcel.name} waits for {parcel.folder}: {parcel.error}")


def show_quarantine(lines: Sequence[QuarantinedLine]) -> None:
    """The lines that are set aside, the beginning of each."""
    if not lines:
        _print("No line is set aside.")
        return
    rows = [
        (
            date_of(line.day).isoformat(),
            str(line.position),
            f"{Verdict(line.verdict).name.lower()}: {line.field}",
            ENGLISH.money(line.amount),
            printable(line.raw[:RAW_SHOWN]),
        )
        for line in lines[:LINES_SHOWN]
    ]
    _print_table(("Day", "Position", "Reason", "Amount", "Line"), rows)
    if len(lines) > LINES_SHOWN:
        _print(f"… and {len(lines) - LINES_SHOWN} more: narrow it down with --from and --to.")


def show_lines(answers: Iterable[DayAnswer]) -> None:
    """Lines as they are read, each a day of its own; on standard error."""
    rows = []
    for answer in answers:
        rows += [_told(line) for line in answer.lines]
        rows += [("-", f"set aside: {bad.verdict.name.lower()} {bad.field}", "", "", "", "") for bad in answer.refused]
    _print_table(("Day", "Document", "Buyer", "Product", "Quantity", "Sum"), rows, errors)


def show_findings(findings: Iterable[Finding]) -> bool:
    """What was tried, a line each as it comes. Whether nothing is wrong."""
    troubles = 0
    for finding in findings:
        counts = {"lines": finding.lines, "set aside": finding.refused}
        figures = [f"{ENGLISH.number(count)} {name}" for name, count in counts.items() if count]
        found = ", ".join([*figures, ENGLISH.money(finding.amount)] if finding.amount else figures)
        told = f"{finding.subject}: {finding.trouble or found or 'in order'}"
        (_warn if finding.trouble else _print)(told)
        troubles += finding.trouble is not None
    _print(f"Wrong: {troubles}." if troubles else "Nothing is wrong.")
    return not troubles


NO_BREAK_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def printable(text: str) -> str:
    """A stranger's text that does nothing to a terminal."""
    return "".join(sign if sign.isprintable() else " " if sign in NO_BREAK_SPACES else "�" for sign in text)


def _told(line: SaleLine) -> tuple[str, ...]:
    header = line.header
    return (
        date_of(header.day).isoformat(),
        printable(f"{header.kind.name.lower()} {header.number}"),
        printable(header.buyer),
        printable(f"{line.product} {line.feature}"),
        f"{line.quantity / 1000:g}",
        f"{line.amount / 100:.2f}",
    )


def _print(text: str) -> None:
    console.print(text, soft_wrap=True, markup=False)


def _warn(text: str) -> None:
    console.print(f"! {text}", soft_wrap=True, markup=False, style="yellow")


def _print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], console: Console = console) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in head:
        table.add_column(
            title, justify="right" if title in NUMBERS else "left", overflow="fold", no_wrap=title in NUMBERS
        )
    for row in rows:
        table.add_row(*map(escape, row))
    console.print()
    console.print(table)
