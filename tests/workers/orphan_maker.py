"""A parent to be killed: `python -m tests.workers.orphan_maker PORT`."""

import sys

from rfm_service.workers import Limits, run
from tests.workers.steps import hold_a_line

if __name__ == "__main__":
    run([hold_a_line], int(sys.argv[1]), Limits(10), lambda *_: None)
