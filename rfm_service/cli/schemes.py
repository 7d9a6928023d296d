"""Commands about schemes: who is in which segment, on any day, by any map."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rfm_service.cli.common import day_by_today, day_option, home_of, run_alone
from rfm_service.home import Home
from rfm_service.jobs import Extract, Preview
from rfm_service.receipts import ExtractReceipt, FrozenReceipt, PreviewReceipt
from rfm_service.segmentation.schemes import read_scheme
from rfm_service.steps import classify_as_of, freeze_scheme, preview_scheme

AsOf = Annotated[datetime | None, day_option("--as-of", help="By the sales before this day: today unless given.")]
SchemeName = Annotated[str, typer.Option("--scheme", help="A name in config/segments, or a file.")]
Output = Annotated[Path, typer.Option(help="The file to write.")]

schemes = typer.Typer()
scheme_app = typer.Typer(help="Maps of segments.", no_args_is_help=True)
schemes.add_typer(scheme_app, name="scheme")


@schemes.command()
def classify(context: typer.Context, output: Output, as_of: AsOf = None, scheme: SchemeName = "") -> None:
    """Write every customer's measures, scores and segment on a day to a .csv, .parquet or .xlsx file."""
    from rfm_service.console import show_segments

    home = home_of(context)
    file = _scheme_file(home, scheme or home.settings.segmentation.segments)
    receipt = run_alone(
        home, Extract(home, day_by_today(home, as_of, "--as-of"), file, output.resolve()), classify_as_of
    )
    assert isinstance(receipt, ExtractReceipt)
    show_segments(receipt)
    print(f"Written: {output}")


@scheme_app.command(name="list")
def list_schemes(context: typer.Context) -> None:
    """Which maps there are, and which are in use."""
    from rfm_service.console import show_schemes

    home = home_of(context)
    show_schemes(
        [read_scheme(file) for file in sorted(home.schemes.glob("*.toml"))], home.settings.segmentation.all_schemes
    )


@scheme_app.command()
def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The changed map.")],
    as_of: AsOf = None,
    scheme: SchemeName = "",
) -> None:
    """Show what a changed map would move, before it is adopted: compared with the one in use, or with --scheme."""
    from rfm_service.console import show_moves

    home = home_of(context)
    current = _scheme_file(home, scheme or home.settings.segmentation.segments)
    job = Preview(home, day_by_today(home, as_of, "--as-of"), current, _scheme_file(home, str(file)))
    receipt = run_alone(home, job, preview_scheme)
    assert isinstance(receipt, PreviewReceipt)
    show_moves(receipt)


@scheme_app.command()
def freeze(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name in config/segments, or a file.")],
    output: Output,
    as_of: AsOf = None,
) -> None:
    """Write a map that keeps for good the borders which the scores of another one have on a day."""
    from rfm_service.console import show_cuts

    home = home_of(context)
    job = Extract(home, day_by_today(home, as_of, "--as-of"), _scheme_file(home, name), output.resolve())
    receipt = run_alone(home, job, freeze_scheme)
    assert isinstance(receipt, FrozenReceipt)
    show_cuts(receipt.cuts)
    print(f"Written: {output}")


def _scheme_file(home: Home, name: str) -> Path:
    """The file of a scheme that is given by its name or by a path; it is read once, so that mistakes are told."""
    given = Path(name)
    file = given.resolve() if given.suffix == ".toml" else home.schemes / f"{name}.toml"
    read_scheme(file)
    return file
