"""Commands about the data themselves: backups."""

from pathlib import Path
from typing import Annotated

import typer

from rfm_service import safekeeping
from rfm_service.cli.common import at_work, home_of, run_alone
from rfm_service.clock import SystemClock, date_of
from rfm_service.errors import BackupUnusable
from rfm_service.records import BackupReceipt
from rfm_service.steps import Check, back_up
from rfm_service.store import backup as backups, ledger
from rfm_service.store.connection import opened, transaction

safety = typer.Typer()


@safety.command()
def backup(context: typer.Context) -> None:
    """Make a verified copy of the database now."""
    home = home_of(context)
    receipt = run_alone(home, back_up, Check(home))
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
        _list_backups(home.backups)
        return
    chosen, clock = file if file.is_file() else home.backups / file.name, SystemClock()
    if not chosen.is_file():
        raise BackupUnusable("There is no backup {0}. `restore` without a file lists them.", str(file))
    with at_work(home):
        if found := backups.damages_of(chosen):
            raise BackupUnusable("{0} is damaged: {1}.", str(chosen), found[0])
        aside = safekeeping.set_aside(home, clock)
        backups.restore(chosen, home.database)
        with opened(home.database) as store:
            with transaction(store):
                safekeeping.begin_anew(home, store, clock)
            newest = ledger.newest_day(store)
    print(f"Restored from {chosen}. The database that was there is in {aside}.")
    last = "-" if newest is None else date_of(newest)
    print(f"The newest day in it is {last}. The next night reads what is missing, and looks again at what is due.")


def _list_backups(folder: Path) -> None:
    found = backups.backups_in(folder)
    for path in found:
        damages = backups.damages_of(path)
        print(f"{path}  {_mib(path.stat().st_size)}  {f'damaged: {damages[0]}' if damages else 'sound'}")
    if not found:
        print(f"There is no backup in {folder}.")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
