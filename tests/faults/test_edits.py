"""Whatever the people at 1C do to their documents, and however the nights go: the store comes to equal the book.

`HISTORIES=150 python -m pytest tests/faults/test_edits.py` is the long form.
"""

import os
from contextlib import ExitStack
from random import Random

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from rfm_service.clock import Horizon
from rfm_service.demo.edits import edit
from rfm_service.demo.faults import FAULTS, flawless, seeded
from rfm_service.demo.protocol import Fault, Plan, Request
from rfm_service.demo.server import ErpServer
from rfm_service.errors import RfmError
from rfm_service.store import ledger, verify
from rfm_service.sync.reading import Tally
from rfm_service.sync.window import due_days
from tests.conftest import REFERENCE_DAY, TOKEN

from .rounds import PROTOCOLS, RULES, Nights, complete_shop, new_store, night, source_at
from .truth import days_unlike

HORIZON = Horizon(REFERENCE_DAY, 90)
RECHECK_DAYS, DEEP_NIGHTS = 14, 14
HISTORIES = settings(
    max_examples=int(os.environ.get("HISTORIES", "2")),
    stateful_step_count=10,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FAULT_RATE = 0.03
QUICK_FAULTS = {name: fault for name, fault in FAULTS.items() if name not in {"hang", "slow", "drip", "gzip_bomb"}}
SEEDS = st.integers(0, 10**6)


class Weather:
    """The plan of a server that misbehaves on some nights."""

    def __init__(self) -> None:
        self.plan: Plan = flawless

    def __call__(self, number: int, request: Request) -> Fault | None:
        """The fault of the moment."""
        return self.plan(number, request)


class Office(RuleBasedStateMachine):
    """People edit, nights come and go."""

    protocol = ""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.book = complete_shop(days=90, customers=25)
        self.copy = self.book.copy()
        self.weather, self.clock = Weather(), Nights()
        self.server = self.stack.enter_context(ErpServer(self.book, TOKEN, plan=self.weather))
        self.store = self.stack.enter_context(new_store())

    @initialize()
    def begin(self) -> None:
        self.good_night()

    @rule(seed=SEEDS, edits=st.integers(1, 12))
    def people_edit(self, seed: int, edits: int) -> None:
        rng = Random(seed)
        for _ in range(edits):
            edit(self.book, rng)

    @rule()
    def somebody_makes_a_copy(self) -> None:
        self.copy = self.book.copy()

    @rule()
    def the_base_is_restored_from_the_copy(self) -> None:
        self.book.restore(self.copy)

    @rule()
    def good_night(self) -> None:
        self.weather.plan = flawless
        tally = self._read()
        assert isinstance(tally, Tally), tally

    @rule(seed=SEEDS)
    def bad_night(self, seed: int) -> None:
        self.weather.plan = seeded(seed, FAULT_RATE, QUICK_FAULTS)
        self._read()

    def _read(self) -> Tally | RfmError:
        known = ledger.entries(self.store, HORIZON.first, HORIZON.last)
        days = due_days(known, HORIZON, RECHECK_DAYS, DEEP_NIGHTS)
        source = source_at(self.server, self.protocol, self.store, self.clock)
        result = night(self.store, source, days, self.clock)
        assert ledger.unbalanced_days(self.store) == []
        return result

    def teardown(self) -> None:
        """Two weeks of good nights."""
        with self.stack:
            for _ in range(DEEP_NIGHTS + 2):
                self.good_night()
            assert days_unlike(self.store, self.book, days=HORIZON.days) == []
            assert ledger.unsealed_days(self.store) == []
            assert verify.unbalanced_days(self.store) == []
            assert verify.wrong_orders(self.store, RULES.gift_below) == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_store_comes_to_equal_the_book(protocol: str) -> None:
    office = type("OfficeOver", (Office,), {"protocol": protocol})
    run_state_machine_as_test(office, settings=HISTORIES)
