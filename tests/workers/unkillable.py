"""A command whose worker nothing can end: `python -m tests.workers.unkillable PORT`."""

import multiprocessing.context
import sys

from rfm_service import cli, workers
from tests.workers.steps import hold_a_line_for_good


def command() -> None:
    """What the command line runs instead of a command."""
    workers.run([hold_a_line_for_good], int(sys.argv[1]), workers.Limits(0.1), lambda *_: None)
    sys.exit(3)


if __name__ == "__main__":
    multiprocessing.context.SpawnProcess.kill = lambda _: None  # type: ignore[assignment,method-assign]
    workers.PATIENCE = 0.2
    cli.app = command  # type: ignore[assignment]
    cli.main()
