"""Commands about files: sales come in, tables go out."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from rfm_service.cli.common import at_work, day_by_today, day_option, home_of, run_alone
from rfm_service.clock import SystemClock, date_of, day_of, today
from rfm_service.errors import FileUnusable, FolderUnusable, NothingToReport
from rfm_service.home import Home
from rfm_service.jobs import Export, Import
from rfm_service.receipts import ExportReceipt, ImportReceipt
from rfm_service.safekeeping import begin_store, known_store
from rfm_service.sources.files.mapping import load_mapping, ready_mappings
from rfm_service.steps import export_tables, gather_files, import_days
from rfm_service.store import ledger

LINES_SHOWN = 10

files = typer.Typer()


@files.command(name="import")
def import_files(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="CSV (gzip too), XLSX or Parquet; all files of a day at once."),
    ],
    mapping: Annotated[
        str, typer.Option(help="How the files are read: a mapping file, or the name of one in config/mappings.")
    ] = "",
    guess: Annotated[
        bool, typer.Option("--guess", help="Print a mapping for the first file, and ten lines as it reads them.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the files in the place of days that the ERP gave, too.")
    ] = False,
) -> None:
    """Put sales out of files into the store, day by day; days that the ERP gave stay."""
    from rfm_service.sync.importing import fingerprint_of

    home = home_of(context)
    erp = home.settings.erp
    if guess:
        _guess(home, paths[0])
        return
    if not mapping:
        ready = ", ".join(ready_mappings(home.mappings)) or "-"
        raise typer.BadParameter(f"name a mapping: {ready}, or a file; --guess proposes one", param_hint="--mapping")
    chosen = load_mapping(mapping, home.mappings)
    fingerprint = fingerprint_of(paths, (chosen, erp.operations.model_dump(), erp.timezone))
    with at_work(home):
        begin_store(home, SystemClock())
    receipt = run_alone(home, Import(home, paths, chosen, fingerprint, replace), gather_files, import_days)
    assert isinstance(receipt, ImportReceipt)
    _show(receipt)


@files.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder to make; an earlier export is replaced whole.")],
    form: Annotated[Literal["parquet", "csv"], typer.Option("--format", help="Of the files.")] = "parquet",
    date: Annotated[
        datetime | None, day_option("--date", help="Measures and segments as of that night: today unless given.")
    ] = None,
) -> None:
    """Write lines, orders, measures and segments into a folder, for other programs."""
    home = home_of(context)
    with known_store(home) as store:
        oldest, newest = ledger.oldest_day(store), ledger.newest_day(store)
    if oldest is None or newest is None:
        raise NothingToReport("There are no sales in {0} yet: nothing to export.", str(home.path))
    reference_day = day_by_today(home, date, "--date")
    job = Export(home, folder.resolve(), form, reference_day, range(oldest, newest + 1))
    receipt = run_alone(home, job, export_tables)
    assert isinstance(receipt, ExportReceipt)
    for table, rows in receipt.rows.items():
        print(f"{table}: {rows} rows")
    print(f"Written into {folder}.")


@files.command()
def lake(
    context: typer.Context,
    lines: Annotated[str, typer.Argument(help="Parquet: a file, a folder, or what else the engine reads.")],
    output: Annotated[str, typer.Argument(help="The folder to make; a table is a folder in it.")],
    select: Annotated[
        Path | None, typer.Option(help="A file with a query of the table `lake` that gives the columns of lines.")
    ] = None,
    date: Annotated[
        datetime | None, day_option("--date", help="As of that night: the day after the last purchase unless given.")
    ] = None,
) -> None:
    """Net, classify and look back on lines that lie in Parquet, on the engine of the settings, without the store."""
    from rfm_service.analysis.lake import analyse_lake
    from rfm_service.engines.opening import opened

    home = home_of(context)
    query = _text_of(select) if select else ""
    if Path(output).exists():
        raise FolderUnusable("{0} is there already: name a new folder.", output)
    with opened(home.settings.engine, home.spill) as engine:
        reference_day = day_of(date) if date else None
        receipt = analyse_lake(
            engine, home, lines, query, output, reference_day, lambda table, rows: print(f"{table}: {rows} rows")
        )
    if receipt.left_out:
        print(f"Lines without a day, customer, product, document, quantity or sum: {receipt.left_out}, left out.")
    print(f"As of {date_of(receipt.reference_day)}. Written into {output}.")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise FileUnusable("{0} cannot be read: {1}", str(path), getattr(error, "strerror", error)) from None


def _guess(home: Home, path: Path) -> None:
    """The proposal on standard output, so that it can be saved; what it reads on standard error."""
    from rfm_service.console import show_lines
    from rfm_service.sources.files import guessing
    from rfm_service.sources.files.rows import reader_of

    erp = home.settings.erp
    ready = [load_mapping(name, home.mappings) for name in ready_mappings(home.mappings)]
    newest = today(SystemClock(), erp.zone)
    proposal = guessing.guess(path, ready, erp.zone, newest)
    print(proposal.as_toml(path.name), end="")
    if proposal.missing:
        raise FileUnusable(
            "No column of {0} was found for: {1}. Name them in the proposal.", path.name, ", ".join(proposal.missing)
        )
    reader = reader_of(proposal.mapping, erp.operations, erp.zone)
    show_lines(guessing.first_lines(path, proposal.mapping, reader, newest, LINES_SHOWN))


def _show(receipt: ImportReceipt) -> None:
    first, last = date_of(receipt.first_day), date_of(receipt.last_day)
    print(f"Lines: {receipt.lines}, of them left out by `only`: {receipt.left_out}. Days: from {first} to {last}.")
    print(f"Days written: {receipt.days_written}, known already: {receipt.days_same}.")
    if receipt.days_replaced:
        print(f"Days whose earlier lines were replaced: {receipt.days_replaced}.")
    for verdict, lines in receipt.verdicts.items():
        print(f"  {verdict}: {lines} lines")
    if incomplete := receipt.verdicts.get("incomplete"):
        share = incomplete / sum(receipt.verdicts.values())
        print(f"Lines without a customer or a document's number: {share:.1%}. They are set aside: `quarantine list`.")
    if receipt.days_kept:
        kept = receipt.days_kept
        print(
            f"Days left as the ERP gave them: {len(kept)}, from {date_of(kept[0])} to {date_of(kept[-1])}."
            " If the files are right and the ERP is not: --replace"
        )
    if receipt.verdicts.get("no_site_id"):
        print("Lines without the customer's id on the site do not count, as cleaning.require_site_id says.")
