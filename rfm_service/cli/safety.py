"""Commands about the data themselves: backups, and who is erased from them."""

from pathlib import Path
from typing import Annotated

import typer

from rfm_service import safekeeping
from rfm_service.cli.common import at_work, home_of, run_alone
from rfm_service.clock import SystemClock, date_of
from rfm_service.errors import BackupUnusable, CustomerUnknown
from rfm_service.jobs import Check
from rfm_service.receipts import BackupReceipt
from rfm_service.steps import back_up
from rfm_service.store import backup as backups, ledger
from rfm_service.store.forgetting import Customer, find_customers

SHOWN = 20

safety = typer.Typer()


@safety.command()
def backup(context: typer.Context) -> None:
    """Make a verified copy of the database now."""
    home = home_of(context)
    receipt = run_alone(home, Check(home), back_up)
    assert isinstance(receipt, BackupReceipt)
    print(f"{receipt.path} ({_mib(receipt.bytes)})")


@safety.command()
def restore(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The backup: its path, or its name in the folder.")] = None,
) -> None:
    """Put a backup in the place of the database, which is set aside; without a file: say which backups are sound."""
    home = home_of(context)
    if file is None:
        _list_backups([*backups.backups_in(home.backups), *backups.versions_in(home.database)], home.backups)
        return
    chosen = home.backups / file if file.name == str(file) and not file.is_file() else file
    if not chosen.is_file():
        raise BackupUnusable("There is no backup {0}. `restore` without a file lists them.", str(file))
    with at_work(home):
        if found := backups.damages_of(chosen):
            raise BackupUnusable("{0} is damaged: {1}.", str(chosen), found[0])
        aside = safekeeping.restore(home, SystemClock(), chosen)
        with safekeeping.known_store(home) as store:
            newest = ledger.newest_day(store)
    print(f"Restored from {chosen}.", *([f"The database that was there is in {aside}."] if aside else []))
    last = "-" if newest is None else date_of(newest)
    print(f"The newest day in it is {last}. The next night reads what is missing, and looks again at what is due.")


@safety.command()
def forget(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="The name, or the ERP's key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a customer's name, contacts and addresses for good; sales and totals stay, under a placeholder."""
    from rfm_service.console import printable

    home = home_of(context)
    with at_work(home):
        with safekeeping.known_store(home) as store:
            meant = _one_of(find_customers(store, customer))
        print(f"{printable(meant.name)} (key {printable(meant.key)}) becomes {meant.placeholder}, for good.")
        if not (yes or typer.confirm("Backups are made anew without the name. Go on?")):
            raise typer.Exit(1)
        made = safekeeping.erase(home, SystemClock(), meant)
    print(f"Erased. The only backup is {made} now.")
    if reports := safekeeping.published_reports(home):
        print("Out of reach, because they were handed over already; the name may stand in:")
        for report in reports:
            print(f"  {report}")


def _one_of(found: list[Customer]) -> Customer:
    """The only one. Raises CustomerUnknown when there is none, or when there are more."""
    from rfm_service.console import printable

    if len(found) == 1:
        return found[0]
    for one in found[:SHOWN]:
        print(f"{printable(one.name)}  (key {printable(one.key)})")
    if found:
        raise CustomerUnknown("{0} customers go by that. Say the whole name, or the key.", len(found))
    raise CustomerUnknown("There is no customer of that name or key.")


def _list_backups(found: list[Path], folder: Path) -> None:
    for path in found:
        damages = backups.damages_of(path)
        print(f"{path}  {_mib(path.stat().st_size)}  {f'damaged: {damages[0]}' if damages else 'sound'}")
    if not found:
        print(f"There is no backup in {folder}.")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
