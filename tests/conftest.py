"""What the tests stand on: a home of their own, a shop that never existed, a 1C server that serves it."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from rfm_service.configuration import load
from rfm_service.demo.book import Book
from rfm_service.demo.people import OWN_COMPANIES
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from tests import canaries

PROJECT = Path(__file__).parent.parent
TOKEN = "token-of-the-tests"
REFERENCE_DAY = 20_777
"""20 November 2026: the night that most tests work on."""

settings.register_profile("first_failure", phases=[Phase.explicit, Phase.generate])


@pytest.fixture(scope="session", autouse=True)
def _nothing_has_leaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No secret was sent, printed or logged by any test, and no customer's name was sent to people."""
    yield
    assert sorted(set(canaries.leaks(tmp_path_factory.getbasetemp()))) == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged or printed in its own process holds no secret either."""
    report = yield
    written = "\n".join(text for _, text in report.sections) if report.when == "teardown" else ""
    if report.passed and (leaked := canaries.standing_in(written.encode(), canaries.SECRET)):
        report.outcome, report.longrepr = "failed", f"Logged or printed: {leaked}"
    return report


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's machine leaks in."""
    for name in os.environ:
        if name.startswith("RFM_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _nobody_is_left_at_work() -> Iterator[None]:
    """A test that fails ends what it has started, too."""
    from tests.commands.program import end_started  # it stands on us

    yield
    end_started()


@pytest.fixture(scope="session")
def shop() -> Book:
    """A small shop with 400 days of sales before REFERENCE_DAY. Do not edit it: make one of your own for that."""
    return make_shop(REFERENCE_DAY - 1, customers=150)


@pytest.fixture
def erp(shop: Book) -> Iterator[ErpServer]:
    """A 1C server with the small shop."""
    with ErpServer(shop, TOKEN) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, erp: ErpServer, shop: Book, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose settings point at `erp`. Afterwards no secret and no customer may have left it."""
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    monkeypatch.setenv("RFM_ERP__URL", erp.url)
    monkeypatch.setenv("RFM_ERP__TOKEN", TOKEN)
    monkeypatch.setenv("RFM_ERP__RETRY_PAUSE", "0.01")
    monkeypatch.setenv("RFM_ERP__PAUSE", "0")
    names = ", ".join(f'"{name.replace(chr(34), chr(92) + chr(34))}"' for name in OWN_COMPANIES)
    monkeypatch.setenv("RFM_CLEANING__OWN_COMPANIES", f"[{names}]")
    config = tmp_path / "config" / "service.toml"
    yield Home(tmp_path, config, load(tmp_path, config))
    customers = {card.name for card in shop.buyers} - {card.manager for card in shop.buyers}
    assert list(canaries.found(tmp_path / "logs", customers)) == []
    for folder in ("db", "logs", "reports"):
        assert list(canaries.found(tmp_path / folder, {TOKEN})) == []
