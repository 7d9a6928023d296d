"""The bench of peers, in little: it runs, and it notices a peer that comes to other figures."""

import subprocess
import sys

import pytest

from bench.measuring import Disagreement, require_same


def test_peers_that_agree_stand_in_a_table_for_each_task() -> None:
    peers = [f"--peer={name}" for name in ("floor", "original", "pandas", "duckdb")]
    tasks = [f"--task={name}" for name in ("sync", "rfm", "snapshots", "cohorts", "netting", "workbook")]
    wanted = [*peers, "--customers=5", "--orders=600", "--rounds=1", *tasks]
    done = subprocess.run([sys.executable, "-m", "bench", *wanted], capture_output=True, text=True, check=True)
    shown = [row.split("│")[1].strip() for row in done.stdout.splitlines() if row.count("│") > 2]
    assert [row for row in shown if row in {"floor", "ours", "original", "pandas", "duckdb"}] == [
        *("floor", "ours", "original", "pandas"),
        *("floor", "ours", "original", "pandas", "duckdb"),
        *("floor", "ours", "pandas", "duckdb"),
        *("floor", "ours", "pandas", "duckdb"),
        *("floor", "ours"),
        *("floor", "ours", "original", "pandas"),
    ]


def test_a_peer_with_other_figures_is_an_error() -> None:
    with pytest.raises(Disagreement, match="rfm"):
        require_same("rfm", {"floor": "", "ours": "one", "pandas": "another"})
