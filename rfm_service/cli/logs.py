"""The command that shows the log in lines for eyes."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from rfm_service.cli.common import Place
from rfm_service.logbook import log_file

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FOLLOW_SECONDS = 0.5

logs = typer.Typer()


class Entry(msgspec.Struct, frozen=True):
    """A line of the log. `step`: of the night, where a worker process said it."""

    time: str
    level: str
    message: str
    step: str = ""
    exc_info: str = ""


@logs.command(name="logs")
def show_logs(
    context: typer.Context,
    lines: Annotated[int, typer.Option(min=0, help="How many, the newest.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is written, until Ctrl+C.")] = False,
    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], typer.Option(help="This level and what is worse.")
    ] = "INFO",
) -> None:
    """Show the newest lines of the log."""
    place: Place = context.obj
    file = log_file(place.home / "logs")  # what is wrong with the settings may stand there
    wanted = LEVELS[LEVELS.index(level) :]
    position = file.stat().st_size if file.exists() else 0
    for entry in deque((entry for entry in _written(file) if entry.level in wanted), maxlen=lines):
        _print(entry)
    if not file.exists():
        print(f"There is no log in {file.parent} yet.", file=sys.stderr)
        if not follow:
            raise typer.Exit(1)
    if follow:
        for entry in _coming(file, position):
            if entry.level in wanted:
                _print(entry)


def _written(file: Path) -> Iterator[Entry]:
    """Every line of the log files, oldest first: those that were rotated away come before."""
    numbered = [path for path in file.parent.glob(f"{file.name}.*") if path.suffix[1:].isdecimal()]
    rotated = sorted(numbered, key=lambda path: -int(path.suffix[1:]))
    for path in (*rotated, file):
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as text:
                yield from filter(None, map(_entry, text))


def _coming(file: Path, position: int) -> Iterator[Entry]:
    """Lines as they are written, also after the file was rotated."""
    try:
        while True:
            if file.exists() and file.stat().st_size < position:
                position = 0
            if file.exists() and file.stat().st_size > position:
                with file.open("rb") as text:
                    text.seek(position)
                    whole, _, _ = text.read().rpartition(b"\n")
                position += len(whole) + 1 if whole else 0
                yield from filter(None, map(_entry, whole.decode("utf-8", "replace").splitlines()))
            time.sleep(FOLLOW_SECONDS)
    except KeyboardInterrupt:
        return


def _entry(line: str) -> Entry | None:
    """None for what is no whole line of ours: the end of a full disk."""
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.DecodeError:
        return None


def _print(entry: Entry) -> None:
    from rfm_service.console import printable

    moment = entry.time.replace("T", " ").removesuffix("Z")
    said = f"{entry.step}: {entry.message}" if entry.step else entry.message
    print(f"{moment}  {entry.level:<7}  {printable(said)}", flush=True)
    for line in entry.exc_info.splitlines():
        print(f"    {printable(line)}", flush=True)
