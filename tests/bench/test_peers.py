"""The bench of peers, in little: it runs, and it notices a peer that comes to other figures."""

import subprocess
import sys

import pytest

from bench.measuring import Disagreement, require_same

TASKS = {
    "sync": ["floor", "ours", "original", "pandas"],
    "rfm": ["floor", "ours", "original", "pandas", "duckdb"],
    "snapshots": ["floor", "ours", "pandas", "duckdb"],
    "cohorts": ["floor", "ours", "pandas", "duckdb"],
    "netting": ["floor", "ours"],
    "workbook": ["floor", "ours", "original", "pandas"],
}


@pytest.mark.parametrize("tasks", [("sync",), ("rfm", "snapshots", "cohorts", "netting"), ("workbook",)])
def test_peers_that_agree_stand_in_the_table_of_a_task(tasks: tuple[str, ...]) -> None:
    asked = [f"--peer={name}" for name in ("floor", "original", "pandas", "duckdb")]
    wanted = [*asked, "--customers=5", "--orders=600", "--rounds=1", *(f"--task={name}" for name in tasks)]
    done = subprocess.run([sys.executable, "-m", "bench", *wanted], capture_output=True, text=True, check=True)
    shown = [row.split("│")[1].strip() for row in done.stdout.splitlines() if row.count("│") > 2]
    assert shown == [peer for name in tasks for peer in TASKS[name]]


def test_a_peer_with_other_figures_is_an_error() -> None:
    with pytest.raises(Disagreement, match="rfm"):
        require_same("rfm", {"floor": "", "ours": "one", "pandas": "another"})
