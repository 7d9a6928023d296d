"""Lists that must agree, and habits that must hold."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from rfm_service import errors, night as night_module, steps
from rfm_service.cli import app
from rfm_service.locales import Language
from rfm_service.locales.__main__ import MO, collected, compiled, translated
from rfm_service.notify import messages
from tests.conftest import PROJECT

HEAVY = {"pandas", "numpy", "matplotlib", "seaborn", "openpyxl", "duckdb", "pyarrow", "telebot", "adbc_driver_manager"}
BRACES = re.compile(r"\{[^}]*\}")


def errors_by_name() -> dict[str, type[errors.RfmError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.RfmError)
    }


def test_every_text_is_translated() -> None:
    ours = {message.id for message in collected() if message.id}
    theirs = {message.id: message.string for message in translated() if message.id}
    assert set(theirs) == ours
    empty = [key for key, text in theirs.items() if not all(text if isinstance(text, tuple) else (text,))]
    assert empty == []


def test_every_error_says_its_sentence_where_it_is_raised() -> None:
    """Or those who collect the texts would not find it."""
    names = "|".join(errors_by_name())
    spoken = re.compile(rf"\b(?:{names})\(\s*([^)\s][^,)]*)")
    for file in (PROJECT / "rfm_service").rglob("*.py"):
        for first in spoken.findall(file.read_text(encoding="utf-8") if file.name != "errors.py" else ""):
            is_base_class = first in errors_by_name()
            assert first.startswith(('"', "*error.args", "N_(")) or is_base_class, f"{file.name}: {first}"


def test_translations_keep_the_braces() -> None:
    for message in translated():
        if isinstance(message.id, str) and message.id:
            assert sorted(BRACES.findall(message.id)) == sorted(BRACES.findall(str(message.string))), message.id


def test_the_compiled_catalogue_is_fresh() -> None:
    assert MO.read_bytes() == compiled(translated())


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    assert set(errors_by_name()) <= set(drawn)


@pytest.mark.parametrize("kind", errors_by_name().values())
def test_errors_survive_the_way_out_of_a_worker(kind: type[errors.RfmError]) -> None:
    error = pickle.loads(pickle.dumps(kind("The folder {0} is gone.", "X")))
    assert (type(error), str(error)) == (kind, "The folder X is gone.")


def test_every_step_has_a_title_in_russian() -> None:
    night = (
        "run_night",
        "sync_sales",
        "classify_customers",
        "look_back",
        "draw_charts",
        "write_workbook",
        "write_lists",
        "check_totals",
        "spool_report",
    )
    for step in night:
        assert hasattr(steps, step) or hasattr(night_module, step)
        told = messages.night_failed(Language("ru"), 20_777, step, "?", "02:30", Path("x")).text
        assert step not in told


def test_every_command_is_documented_and_has_help() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for file in ("README.md", "docs/commands.md"):
        text = (PROJECT / file).read_text(encoding="utf-8")
        assert [name for name in commands if name not in text] == []
    assert [name for name, command in commands.items() if not command.help] == []
    assert [
        (name, option.name) for name, command in commands.items() for option in command.params if not option.help
    ] == []


def test_the_architecture_names_every_part() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    parts = {path.stem for path in (PROJECT / "rfm_service").iterdir() if not path.name.startswith("__")}
    assert sorted(part for part in parts if f"`{part}`" not in text) == []


def test_the_parent_is_light() -> None:
    code = "import sys, rfm_service.cli, rfm_service.service; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert HEAVY & set(loaded.stdout.split()) == set()
