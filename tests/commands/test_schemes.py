"""`classify` and `scheme`, from outside: files for other tools, and maps before they are adopted."""

import csv
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from rfm_service.console import show_segments
from rfm_service.home import Home
from rfm_service.receipts import ExtractReceipt, ScoreStart, SegmentSummary
from rfm_service.segmentation.schemes import read_scheme
from tests.commands.program import run

DAYS = ("backfill", "--from", "2026-08-01", "--to", "2026-11-19")
AS_OF = ("--as-of", "2026-11-20")


@pytest.fixture
def filled(home: Home) -> Home:
    """A home with a season of sales."""
    assert run(home, *DAYS)[0] == 0
    return home


def test_one_table_in_three_kinds_of_files(filled: Home) -> None:
    files = [filled.path / f"customers.{kind}" for kind in ("csv", "parquet", "xlsx")]
    for file in files:
        code, output, errors = run(filled, "classify", "--scheme", "ten_segments", *AS_OF, "--output", str(file))
        assert (code, errors) == (0, "")
        assert f"Written: {file}" in output.replace("\n", "")
        assert any(line.startswith("Чемпионы ") for line in output.splitlines()), "a title in one piece"
    with files[0].open(encoding="utf-8-sig") as text:
        rows = list(csv.DictReader(text))
    table = parquet.read_table(files[1]).to_pylist()
    sheet = load_workbook(files[2]).active
    assert sheet is not None
    head, *body = sheet.iter_rows(values_only=True)
    assert len(rows) == len(table) == len(body) > 100
    assert list(rows[0]) == list(table[0]) == list(head)
    for row, record, cells in zip(rows, table, body, strict=True):
        cell = dict(zip(head, cells, strict=True))
        assert row["monetary"] == f"{record['monetary']:.2f}" == f"{cell['monetary']:.2f}"
        assert row["last_day"] == record["last_day"].isoformat() == f"{cell['last_day']:%Y-%m-%d}"
        assert row["segment"] == record["segment"] == cell["segment"]
        assert row["recency_score"] == str(record["recency_score"]) == str(cell["recency_score"])
    assert not list(filled.path.glob(".customers*"))


def test_the_mean_of_two_scores_is_written_as_rules_compare_it(filled: Home) -> None:
    file = filled.path / "customers.parquet"
    assert run(filled, "classify", "--scheme", "eleven_segments", *AS_OF, "--output", str(file))[0] == 0
    for row in parquet.read_table(file).to_pylist():
        assert row["fm_score"] == (row["frequency_score"] + row["monetary_score"]) / 2


def test_it_is_said_where_each_score_begins(filled: Home) -> None:
    """Whoever is beyond a printed border has that score or a better one, and nobody else."""
    file = filled.path / "customers.parquet"
    _, output, _ = run(filled, "classify", "--scheme", "eleven_segments", *AS_OF, "--output", str(file))
    rows = parquet.read_table(file).to_pylist()
    lines = output.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Score begins"))
    assert [line.split() for line in lines[head - 1 : head + 1]] == [
        ["Recency,", "Frequency,", "Monetary,"], ["Score", "begins", "days", "orders", "roubles"],
    ]  # fmt: skip
    assert lines[head + 5].split() == ["1", *["the", "rest"] * 3]
    for score, line in zip((5, 4, 3, 2), lines[head + 1 :], strict=False):
        told, recency_sign, recency, frequency_sign, frequency, monetary_sign, monetary = line.split()
        assert (told, recency_sign, frequency_sign, monetary_sign) == (str(score), "≤", "≥", "≥")
        for row in rows:
            assert (row["recency_score"] >= score) == (row["recency"] <= int(recency))
            assert (row["frequency_score"] >= score) == (row["frequency"] >= int(frequency))
            assert (row["monetary_score"] >= score) == (row["monetary"] >= Decimal(monetary.replace(",", "")))


def test_of_ranks_the_border_divides_equals_and_thresholds_have_none(filled: Home) -> None:
    outputs = [
        run(filled, "classify", "--scheme", name, *AS_OF, "--output", str(filled.path / "a.csv"))[1]
        for name in ("ten_segments", "nine_segments")
    ]
    assert [output.count("Score begins") for output in outputs] == [1, 0]
    assert "* of those with just this value" in outputs[0]
    assert "* of those with just this value" not in outputs[1]


def test_where_two_scores_begin_with_one_value_nobody_has_the_lower(capsys: pytest.CaptureFixture[str]) -> None:
    starts = [ScoreStart(2, False), ScoreStart(2, False), ScoreStart(6, False)]
    segments = [SegmentSummary("a", "Size", 1, 1, 1, 1, 1)]
    show_segments(ExtractReceipt(segments, {"frequency": starts, "recency": [ScoreStart(30, False)]}, []))
    table = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()][-4:]
    assert table == [["4", "≥", "6"], ["3", "≥", "2"], ["2", "nobody", "≤", "30"], ["1", *["the", "rest"] * 2]]


def test_a_frozen_map_moves_nobody(filled: Home) -> None:
    frozen = filled.path / "still.toml"
    code, output, _ = run(filled, "scheme", "freeze", "eleven_segments", *AS_OF, "--output", str(frozen))
    assert (code, output.count("Recency, days: ≤ ")) == (0, 1)
    assert {score.method for score in read_scheme(frozen).scores.values()} == {"cuts"}
    code, output, _ = run(filled, "scheme", "preview", str(frozen), "--scheme", "eleven_segments", *AS_OF)
    assert code == 0
    assert output.splitlines()[-1].startswith("0 of ")


def test_what_a_changed_map_would_move(filled: Home) -> None:
    changed = filled.path / "nine_segments.toml"
    text = (filled.schemes / "nine_segments.toml").read_text("utf-8")
    changed.write_text(text.replace("recency > 45", "recency > 40"), encoding="utf-8")
    code, output, _ = run(filled, "scheme", "preview", str(changed), *AS_OF)
    assert code == 0
    assert "Дрейфующие" in output
    moved = int(output.splitlines()[-1].split(" of ")[0])
    assert 0 < moved < 300


def test_the_list_says_what_is_in_use(home: Home) -> None:
    code, output, _ = run(home, "scheme", "list")
    assert code == 0
    used = {line.split()[0] for line in output.splitlines() if line.rstrip().endswith("in use")}
    assert used == {"nine_segments", "wholesale_tiers"}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("classify", "--output", "a.txt"), 1, "must end in .csv, .parquet, .xlsx."),
        (("classify", "--output", "nowhere/a.csv"), 1, "There is no folder"),
        (("classify", "--scheme", "nine", "--output", "a.csv"), 78, "There is no scheme file"),
        (("classify", "--as-of", "2020-01-01", "--output", "a.csv"), 1, "There is no purchase from 2019-01-01"),
        (("classify", "--as-of", "2099-01-01", "--output", "a.csv"), 2, "today is"),
        (("scheme", "preview", "config/segments/ten_segments.toml", "--as-of", "2099-01-01"), 2, "today is"),
        (("scheme", "freeze", "ten_segments", "--as-of", "2099-01-01", "--output", "a.toml"), 2, "today is"),
        (("scheme", "freeze", "ten_segments", "--output", "a.csv"), 1, "must end in .toml."),
        (("scheme", "freeze", "ten_segments", "--output", "nowhere/a.toml"), 1, "There is no folder"),
        (("scheme", "preview", "nothing.toml"), 78, "There is no scheme file"),
    ],
)
def test_what_cannot_be_done(filled: Home, arguments: tuple[str, ...], code: int, told: str) -> None:
    found = run(filled, *arguments)
    assert found[0] == code
    assert told in found[2].replace("\n", " ")
    assert not list(filled.path.glob("a.*"))
