"""`lake`: out of Parquet, into Parquet; what cannot be is told in a sentence."""

from pathlib import Path

import pytest
from pyarrow import parquet

from rfm_service.home import Home
from rfm_service.store.connection import opened
from tests.commands.program import run

SALES = ("backfill", "--from", "2026-09-01", "--to", "2026-11-19")


@pytest.fixture
def lines(home: Home, tmp_path: Path) -> Path:
    """Eleven weeks of lines, exported."""
    assert run(home, *SALES)[0] == 0
    assert run(home, "export", str(tmp_path / "out"))[0] == 0
    return tmp_path / "out" / "lines"


def test_an_export_comes_to_what_the_store_came_to(home: Home, lines: Path, tmp_path: Path) -> None:
    code, output, errors = run(home, "lake", str(lines), str(tmp_path / "rfm"))
    assert (code, errors) == (0, "")
    assert output.endswith(f"As of 2026-11-20. Written into {tmp_path / 'rfm'}.\n")
    with opened(home.database) as store:
        orders = store.execute("SELECT count(*), sum(amount) FROM orders").fetchone()
    written = parquet.read_table(tmp_path / "rfm" / "orders")
    assert (written.num_rows, sum(written["amount"].to_pylist())) == orders
    assert f"orders: {written.num_rows} rows\n" in output
    assert (tmp_path / "rfm" / "about").is_dir()


def test_what_cannot_be_is_told(home: Home, lines: Path, tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_text("SELECT day, customer_id AS buyer FROM lake", encoding="utf-8")
    told = [
        run(home, "lake", str(lines), str(lines)),
        run(home, "lake", str(tmp_path / "nowhere"), str(tmp_path / "rfm")),
        run(home, "lake", str(lines), str(tmp_path / "rfm"), "--select", str(tmp_path / "nothing.sql")),
        run(home, "lake", str(lines), str(tmp_path / "rfm"), "--select", str(tmp_path / "query.sql")),
        run(home, "lake", str(lines), str(tmp_path / "rfm"), "--date", "2001-01-01"),
    ]
    assert [code for code, _, _ in told] == [1] * 5
    assert [errors.splitlines()[0].removeprefix(str(tmp_path)) for _, _, errors in told] == [
        "/out/lines is there already: name a new folder.",
        f'/nowhere cannot be read as Parquet: IO Error: No files found that match the pattern "{tmp_path}/nowhere"',
        "/nothing.sql cannot be read: No such file or directory",
        "/out/lines holds no lines of sales:",
        "There is no purchase from 2000-01-02 to 2000-12-31.",
    ]
    assert not (tmp_path / "rfm").exists()
