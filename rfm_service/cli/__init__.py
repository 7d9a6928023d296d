"""The commands: parse, call, print, exit.

Exit codes: 0 done, 1 the job failed, 2 wrong usage, 75 another process is at work, 78 the configuration is wrong.
"""

import logging
import os
import sys
from collections.abc import Sequence
from datetime import date as calendar_date, datetime
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import msgspec
import typer

from rfm_service import __version__, delivery, night, workers
from rfm_service.cli.common import (
    DATE_FORMATS,
    PROJECT,
    Place,
    at_work,
    day_by_today,
    day_option,
    home_of,
    home_of_its_owner,
    run_alone,
    start_log,
)
from rfm_service.cli.files import files
from rfm_service.cli.logs import logs
from rfm_service.cli.safety import safety
from rfm_service.cli.schemes import schemes
from rfm_service.clock import SystemClock, date_of, day_of, today
from rfm_service.disk import shut_out_others
from rfm_service.errors import AlreadyRunning, ConfigurationError, FolderUnusable, NothingHeld, RfmError, StoreDamaged
from rfm_service.home import Home
from rfm_service.jobs import Backfill, Check
from rfm_service.kinds import Verdict
from rfm_service.receipts import SyncReceipt, VerifyReceipt
from rfm_service.safekeeping import begin_store, known_store, sound_store
from rfm_service.service import serve
from rfm_service.settings import Erp
from rfm_service.status import status_of
from rfm_service.steps import read_days, verify_store
from rfm_service.store import ledger, suspects
from rfm_service.store.connection import transaction
from rfm_service.store.quarantine import QuarantinedLine, quarantined_lines
from rfm_service.store.spool import Parcel, place_in, waiting_parcels

FIRST_NIGHT = day_of(calendar_date(2001, 1, 1))
CONFIG = Path("config") / "service.toml"
EXIT_CODES = {AlreadyRunning: 75, ConfigurationError: 78}
DEMO_PAST = 7  # days
DEMO_TOKEN = "demo"  # noqa: S105  of a server that lives for a minute on this machine

app = typer.Typer(
    name="run_service.py",
    help="RFM segments of a wholesaler's customers, every night, out of 1C:ERP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


FirstDay = Annotated[datetime | None, day_option("--from", help="The first day: the oldest unless given.")]
LastDay = Annotated[datetime | None, day_option("--to", help="The last day: the newest unless given.")]

quarantine_app = typer.Typer(help="Lines that were set aside because they could not be read.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(safety)
app.add_typer(schemes)
app.add_typer(logs)
app.add_typer(files)


def main() -> None:
    """Run the command on the command line; an error of ours becomes a sentence and an exit code."""
    shut_out_others()
    try:
        app()
    except RfmError as error:
        print(error, file=sys.stderr)
        _leave(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except PermissionError as error:
        print(f"This user may not use {error.filename}. Who does it belong to?", file=sys.stderr)
        _leave(1)
    except SystemExit as end:
        _leave(end.code)


def _leave(code: int | str | None) -> NoReturn:
    """End the program; also when a worker cannot be ended, for which Python would wait."""
    if workers.left_behind:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else 0)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def choose_home(
    context: typer.Context,
    home: Annotated[Path, typer.Option(help="The folder of config, db, logs and reports.")] = PROJECT,
    config: Annotated[
        Path | None, typer.Option(help="The settings, when they are not HOME/config/service.toml.")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """RFM segments of a wholesaler's customers, every night, out of 1C:ERP."""
    if version:
        print(__version__)
        raise typer.Exit
    context.obj = Place(home.resolve(), (config or home / CONFIG).resolve())


@app.command()
def run(context: typer.Context) -> None:
    """Keep running: every night's work at its hour, messages and reports when they wait. Ctrl+C or SIGTERM ends it."""
    serve(home_of(context, console=True), SystemClock())


@app.command()
def once(
    context: typer.Context,
    date: Annotated[datetime | None, day_option("--date", help="The night's date: today unless given.")] = None,
) -> None:
    """Do tonight's work now: read the days before the date, classify, report."""
    home = home_of(context)
    reference_day = day_by_today(home, date, "--date")
    if reference_day < FIRST_NIGHT:
        raise typer.BadParameter(f"nights begin with {date_of(FIRST_NIGHT)}", param_hint="--date")
    _work_night(home, reference_day)


@app.command()
def backfill(
    context: typer.Context,
    first: Annotated[datetime, day_option("--from", help="The first day.")],
    last: Annotated[datetime, day_option("--to", help="The last day.")],
) -> None:
    """Read these days from the ERP, whatever is known of them."""
    if day_of(first) < FIRST_NIGHT:
        raise typer.BadParameter(f"days begin with {date_of(FIRST_NIGHT)}", param_hint="--from")
    if last < first:
        raise typer.BadParameter("the last day is before the first", param_hint="--to")
    home = home_of(context)
    _read(home, range(day_of(first), day_by_today(home, last, "--to") + 1))


@app.command()
def accept(
    context: typer.Context,
    date: Annotated[datetime, typer.Argument(formats=DATE_FORMATS, help="The day, as 2026-11-20 or 20.11.2026.")],
) -> None:
    """Believe what the ERP says of a day that is held because it shrank."""
    home, day = home_of(context), day_of(date)
    with known_store(home) as store:
        held = [date_of(one.day).isoformat() for one in suspects.waiting(store)]
        with transaction(store):
            accepted = suspects.accept(store, day)
        if not accepted:
            raise NothingHeld(
                "No answer is held for {0}. Held days: {1}.", date_of(day).isoformat(), ", ".join(held) or "-"
            )
    try:
        _read(home, [day])
    except AlreadyRunning:
        print(f"{date_of(day)} is accepted. The service at work in {home.path} reads it with its next night.")


@app.command()
def status(context: typer.Context, json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the last runs, what is known, and what waits."""
    from rfm_service.console import show_status

    home = home_of(context)
    with known_store(home) as store:
        state = status_of(home, store)
    if json:
        print(msgspec.json.format(msgspec.json.encode(state)).decode())
    else:
        show_status(state)


@app.command()
def verify(
    context: typer.Context,
    mend: Annotated[bool, typer.Option("--mend", help="Derive orders and returns anew first.")] = False,
) -> None:
    """Recount what was sealed and derive again what is derived; exit code 1 when something differs."""
    home = home_of(context)
    receipt = run_alone(home, Check(home, mend), verify_store)
    assert isinstance(receipt, VerifyReceipt)
    print(f"Days checked: {receipt.days}.")
    for text in receipt.damages:
        print(f"The file is damaged: {text}")
    if receipt.damages:
        print("Run `once`: it sets the database aside, restores the newest sound backup, and reads what is missing.")
    for day in receipt.unbalanced_days:
        print(f"{date_of(day)} does not add up; read it again: backfill --from {date_of(day)} --to {date_of(day)}")
    if receipt.wrong_orders:
        print(f"Rows of orders that differ from a new derivation: {receipt.wrong_orders}; mend them: verify --mend")
    if receipt.stale_days:
        print(f"Days cleaned under other rules: {receipt.stale_days}; the next night judges them again.")
    print("Everything adds up." if receipt.sound else "The store cannot be trusted as it is.")
    raise typer.Exit(0 if receipt.sound else 1)


@app.command()
def doctor(context: typer.Context) -> None:
    """Try everything that a night needs, without a trace, and say what is wrong; exit code 1 when something is."""
    from rfm_service.checkup import check_up
    from rfm_service.console import show_findings

    home = home_of_its_owner(context)
    if home.logs.is_dir():
        start_log(home)
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])  # what is wrong is shown
    sound = show_findings(check_up(home, SystemClock()))
    raise typer.Exit(0 if sound else 1)


@quarantine_app.command(name="list")
def list_quarantined(context: typer.Context, first: FirstDay = None, last: LastDay = None) -> None:
    """Which lines are set aside, and why."""
    from rfm_service.console import show_quarantine

    show_quarantine(_quarantined(home_of(context), first, last))


@quarantine_app.command(name="show")
def show_quarantined(
    context: typer.Context,
    date: Annotated[datetime, typer.Argument(formats=DATE_FORMATS, help="The day, as 2026-11-20 or 20.11.2026.")],
) -> None:
    """The lines of a day that are set aside, whole, as the ERP sent them."""
    from rfm_service.console import printable

    for line in _quarantined(home_of(context), date, date):
        print(f"{line.position}\t{Verdict(line.verdict).name.lower()} {line.field}\t{printable(line.raw)}")


@quarantine_app.command(name="retry")
def retry_quarantined(context: typer.Context, first: FirstDay = None, last: LastDay = None) -> None:
    """Read the ERP's days anew that have lines set aside: after the ERP, or [erp] in the settings, was mended."""
    home = home_of(context)
    with known_store(home) as store:
        imported = {*ledger.imported_days(store)}
    days = sorted({line.day for line in _quarantined(home, first, last)} - imported)
    if days:
        _read(home, days)
    left = len(_quarantined(home, first, last))
    print(f"Lines set aside: {left}." if left else "No line is set aside.")


@app.command()
def install_service(
    context: typer.Context,
    install: Annotated[bool, typer.Option("--install", help="Install it under systemd; needs root.")] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take it away again; no data are touched.")] = False,
) -> None:
    """Print what makes the program a service of this machine; with --install do it, with --uninstall undo it."""
    from rfm_service import installing

    place: Place = context.obj
    home = installing.HOME if place.home == PROJECT else place.home
    if place.config != place.home / CONFIG:
        raise typer.BadParameter(f"the service reads {home / CONFIG}", param_hint="--config")
    if install or uninstall:
        print(*(installing.install(home) if install else installing.uninstall()), sep="\n")
    else:
        print(installing.service_text(home))


@app.command()
def simulate_erp(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen on 127.0.0.1.")] = 8901,
    token: Annotated[str, typer.Option(help="The token that clients must send.")] = DEMO_TOKEN,
    fault: Annotated[list[str] | None, typer.Option(help="Misbehave so: a name; may be given several times.")] = None,
    rate: Annotated[float, typer.Option(min=0, max=1, help="The share of answers with a fault.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Which answers: an equal seed, equal ones.")] = 1,
) -> None:
    """Play a 1C server with the sales of a shop that never existed, until Ctrl+C; `--fault all` plays every fault."""
    from rfm_service.demo.faults import FAULTS, flawless, seeded
    from rfm_service.demo.server import ErpServer
    from rfm_service.demo.shop import make_shop

    wanted = list(FAULTS) if fault == ["all"] else fault or []
    if strangers := set(wanted) - set(FAULTS):
        raise typer.BadParameter(f"{', '.join(sorted(strangers))}; there are {', '.join(FAULTS)}", param_hint="--fault")
    plan = seeded(seed, rate, {name: FAULTS[name] for name in wanted}) if wanted else flawless
    try:
        server = ErpServer(make_shop(today(SystemClock(), Erp().zone) - 1), token, port, plan)
    except OSError as error:
        raise typer.BadParameter(f"{error.strerror}; choose another one", param_hint="--port") from None
    print(f"1C is played at {server.url}; the token is {token}. In another window:")
    print(f"  RFM_ERP__URL={server.url} RFM_ERP__TOKEN={token} RFM_ERP__PAUSE=0 python run_service.py once")
    print(f"Its OData interface: {server.odata_url}, any user, the token as password.", flush=True)
    server.run()


@app.command()
def demo(
    context: typer.Context,
    language: Annotated[
        Literal["en", "ru"] | None, typer.Option(help="Of the report; as in the settings unless given.")
    ] = None,
) -> None:
    """See it work: a played 1C server, a year of sales, tonight's report. All of it in HOME/demo, begun anew."""
    from rfm_service.demo.home import fresh_home
    from rfm_service.demo.server import ErpServer
    from rfm_service.demo.shop import make_shop

    own = home_of_its_owner(context)
    settings = own.settings.model_copy(update={"language": language or own.settings.language})
    reference_day = today(SystemClock(), settings.erp.zone)
    with ErpServer(make_shop(reference_day - 1), DEMO_TOKEN) as server:
        home = fresh_home(own.path / "demo", own.config, settings, server.url, DEMO_TOKEN)
        start_log(home)
        _record_unseen(home, reference_day - DEMO_PAST)
        _work_night(home, reference_day)


def _work_night(home: Home, reference_day: int) -> None:
    """Tonight's work with a progress bar, one try of delivery, and the summary. Raises when anything did not arrive."""
    from rfm_service.console import progress, show_summary

    with at_work(home), progress() as listener:
        try:
            summary, late = _conduct(home, reference_day, listener)
        except StoreDamaged:
            summary, late = _conduct(home, reference_day, listener)  # on what has taken its place
    name = date_of(reference_day).isoformat()
    missed = {parcel.folder for parcel in late}
    files = sorted(file.name for file in home.spool(summary.run_id).iterdir())
    show_summary(
        summary, [place_in(folder, name, file) for folder in home.folders if folder not in missed for file in files]
    )
    if late:
        raise FolderUnusable("The report waits for {0}. {1}", late[0].folder, late[0].error)


def _record_unseen(home: Home, reference_day: int) -> None:
    """What a report of that day would have said, with progress bars."""
    from rfm_service.console import progress

    clock = SystemClock()
    with at_work(home), progress() as listener, sound_store(home, clock) as store:
        workers.finish(night.record_unseen(home, store, reference_day, clock, listener))


def _conduct(home: Home, reference_day: int, listener: workers.Listener) -> tuple[night.Summary, list[Parcel]]:
    """The night, and one try of delivery: what it came to, and what did not arrive."""
    clock = SystemClock()
    with sound_store(home, clock) as store:
        try:
            summary = workers.finish(night.conduct(home, store, reference_day, clock, listener, by_hand=True))
        except StoreDamaged:
            raise
        except RfmError:
            delivery.post_due(home, store, clock, listener)
            raise
        delivery.post_due(home, store, clock, listener)
        return summary, waiting_parcels(store)


def _read(home: Home, days: Sequence[int]) -> None:
    """Read these days now, and say what came of it. In a new home the store is made."""
    with at_work(home):
        begin_store(home, SystemClock())
    receipt = run_alone(home, Backfill(home, days), read_days)
    assert isinstance(receipt, SyncReceipt)
    print(f"Days read: {receipt.days_read}, new or changed: {receipt.days_changed}, lines in them: {receipt.lines}.")
    for day in receipt.held:
        print(f"{date_of(day)} shrank too much: the old data are kept. If that is right: accept {date_of(day)}")


def _quarantined(home: Home, first: datetime | None, last: datetime | None) -> list[QuarantinedLine]:
    with known_store(home) as store:
        return quarantined_lines(store, day_of(first or calendar_date.min), day_of(last or calendar_date.max))
