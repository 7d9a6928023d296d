"""What the commands share: the home they work in, how a day is written, one step by itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import typer

from rfm_service import workers
from rfm_service.clock import SystemClock, date_of, day_of, today
from rfm_service.configuration import load
from rfm_service.disk import become_owner, foreign_owner
from rfm_service.errors import FolderUnusable, WorkerEnded
from rfm_service.home import Home
from rfm_service.installing import SECRETS
from rfm_service.logbook import open_log
from rfm_service.receipts import Receipt
from rfm_service.safekeeping import require_store
from rfm_service.segmentation.schemes import load_schemes
from rfm_service.service import alone, stop_on_signals
from rfm_service.settings import secrets_of

PROJECT = Path(__file__).parent.parent.parent
DATE_FORMATS = ["%Y-%m-%d", "%d.%m.%Y"]


class Place(NamedTuple):
    """Where the command works: the home folder and its settings file."""

    home: Path
    config: Path


def day_option(*names: str, help: str) -> Any:  # noqa: A002  typer's word
    """An option that is a day."""
    return typer.Option(*names, formats=DATE_FORMATS, help=f"{help} As 2026-11-20 or 20.11.2026.")


def day_by_today(home: Home, given: datetime | None, option: str) -> int:
    """The day that an option gives, today unless given. Raises typer.BadParameter when it is still to come."""
    newest = today(SystemClock(), home.settings.erp.zone)
    day = day_of(given) if given else newest
    if day > newest:
        raise typer.BadParameter(f"today is {date_of(newest)}", param_hint=option)
    return day


def home_of(context: typer.Context, console: bool = False) -> Home:
    """The home of the command line, its settings read, its log open.

    Raises FolderUnusable when it is another's; root goes on as its owner.
    """
    home = home_of_its_owner(context)
    start_log(home, console)
    return home


def home_of_its_owner(context: typer.Context) -> Home:
    """The same, no log begun. Root reads the service's credentials, too, which nobody else may."""
    place: Place = context.obj
    owner = foreign_owner(place.home)
    if owner and os.geteuid() != 0:
        raise FolderUnusable(
            "{0} belongs to the user {1}, who could not use what is written now. Begin with: sudo",
            str(place.home),
            owner,
        )
    settings = load(place.home, place.config, SECRETS if owner and SECRETS.is_dir() else None)
    if owner:
        become_owner(place.home)
    load_schemes(place.config.parent / "segments", settings.segmentation)
    return Home(place.home, place.config, settings)


def start_log(home: Home, console: bool = False) -> None:
    """Log into the home's file; with `console` to standard error as well."""
    open_log(home.logs, home.settings.log, secrets_of(home.settings), console, home.ballast)


def run_alone(home: Home, job: object, *steps: workers.Step) -> Receipt:
    """Steps outside a night, one after another, on what is known: what the last one leaves.

    Raises the error of the first that fails.
    """
    from rfm_service.console import progress

    limits = workers.Limits(home.settings.night.step_minutes, home.settings.night.step_mib)
    with at_work(home):
        require_store(home)
        with progress() as listener:
            *_, last = [_receipt_of(step, job, limits, listener) for step in steps]
    return last


@contextmanager
def at_work(home: Home) -> Iterator[None]:
    """Nobody else works in this home meanwhile; SIGTERM ends us like Ctrl+C."""
    stop_on_signals()
    with alone(home):
        yield


def _receipt_of(step: workers.Step, job: object, limits: workers.Limits, listener: workers.Listener) -> Receipt:
    (outcome,) = workers.run([step], job, limits, listener)
    if outcome.receipt is None:
        raise outcome.error or WorkerEnded("The step {0} left nothing.", outcome.step)
    return outcome.receipt
