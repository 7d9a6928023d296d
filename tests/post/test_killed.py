"""No alert is lost when the sender is killed, and at most one comes twice for each kill.

KILLS=300 python -m pytest tests/post/test_killed.py    # the long form
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from rfm_service.clock import SystemClock
from rfm_service.delivery import post_due
from rfm_service.home import Home
from rfm_service.records import Lane, Message
from rfm_service.settings import Settings, Telegram
from rfm_service.store import outbox
from rfm_service.store.connection import opened, transaction
from tests.commands.program import start
from tests.commands.test_daemon import end, until
from tests.fakes.bot_api import BotApi
from tests.faults.killing import can_trace
from tests.store.builders import MOMENT
from tests.sync.builders import HandClock

from .killing import MOMENTS, Killer, Tracer, kill_whole_group, send_in_a_hurry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
TOKEN, ADMIN, CHIEF = "123456:token-of-the-tests", 1001, 1002
KILLS = int(os.environ.get("KILLS", "6"))
TEXTS = [f"alert {number}" for number in range(4)]
WITH_A_FILE = TEXTS[2]
IN_A_SETTLEMENT = {"pwrite64": 18, "fdatasync": 5, "ftruncate": 1}
POINTS = [(call, number + 1) for call, times in IN_A_SETTLEMENT.items() for number in range(times)]
random.Random(1).shuffle(POINTS)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfm_service.delivery.send_messages", send_in_a_hurry)


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(TOKEN, chats={ADMIN, CHIEF}) as api:
        yield api


@pytest.fixture
def letters(tmp_path: Path, api: BotApi) -> Iterator[Home]:
    """A home with four alerts for each of two chats, one with a log; looked at when all has been sent again."""
    bot = Telegram(token=SecretStr(TOKEN), chat_ids=[ADMIN, CHIEF], api_url=api.url, timeout=5)
    home = Home(tmp_path, tmp_path / "service.toml", Settings.model_construct(language="en", telegram=bot))
    home.database.parent.mkdir()
    write_alerts(home)
    yield home
    with opened(home.database) as store:
        assert outbox.messages_waiting(store) == 0


def write_alerts(home: Home) -> None:
    log = home.path / "service.log"
    log.write_text("a line")
    with opened(home.database) as store, transaction(store):
        for text in TEXTS:
            alert = Message(text, attachment=str(log) if text == WITH_A_FILE else "", lane=Lane.ALERT)
            outbox.add_message(store, home.settings.telegram.addresses, alert, MOMENT)


def post(home: Home, moment: timedelta = timedelta()) -> None:
    """One round, by the real worker process."""
    with opened(home.database) as store:
        post_due(home, store, HandClock(MOMENT + moment), lambda *_: None)


def twice(api: BotApi) -> list[str]:
    """What came more than once, as often; fails when something was lost."""
    came = Counter(api.messages)
    assert set(came) == {(chat, text) for chat in (ADMIN, CHIEF) for text in TEXTS}
    assert {chat for chat, *_ in api.documents} == {ADMIN, CHIEF}
    return [text for _, text in (came - Counter(set(came))).elements()]


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_around_an_answer(letters: Home, api: BotApi, seed: int) -> None:
    """Only what was kept and not settled comes twice, be it a text whose file was still to come."""
    chance = random.Random(seed)
    moment, request = MOMENTS[seed % len(MOMENTS)], chance.randint(1, 2 * len(TEXTS))
    api.witness = killer = Killer(moment, request, psutil.Process.kill, chance)
    post(letters)
    assert killer.killed.is_set()
    post(letters, timedelta(minutes=1))
    assert len(twice(api)) <= 1


@pytest.mark.skipif(not can_trace(), reason="needs strace, and leave to trace")
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_while_it_settles(letters: Home, api: BotApi, number: int) -> None:
    """At each write and flush of the settlement, of the first request and, further on, of the next."""
    later, place = divmod(number, len(POINTS))
    api.witness = tracer = Tracer(*POINTS[place], request=1 + later % len(TEXTS))
    post(letters)
    tracer.ended()
    assert 0 < len(api.messages) < 2 * len(TEXTS)
    post(letters, timedelta(minutes=1))
    assert len(twice(api)) <= 1


def test_killed_again_and_again(letters: Home, api: BotApi) -> None:
    """Each kill doubles one message at most, and every life brings the rest further."""
    chance = random.Random(1)
    for night in range(3):
        api.witness = killer = Killer("answered", 2, psutil.Process.kill, chance)
        post(letters, timedelta(hours=night))
        assert killer.killed.is_set()
    post(letters, timedelta(hours=3))
    assert len(twice(api)) <= 3


@pytest.mark.parametrize("moment", MOMENTS[1:3])
def test_the_whole_service_killed_at_once(
    home: Home, api: BotApi, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Nobody is left to note anything: the next start sends what was not settled."""
    with BotApi(TOKEN) as gone:
        monkeypatch.setenv("RFM_ERP__URL", gone.url)
    for name, value in {"TOKEN": TOKEN, "CHAT_IDS": f"[{ADMIN},{CHIEF}]", "API_URL": api.url}.items():
        monkeypatch.setenv(f"RFM_TELEGRAM__{name}", value)
    home.database.parent.mkdir()
    with opened(home.database) as store, transaction(store):
        alert = Message(TEXTS[0], lane=Lane.ALERT)
        outbox.add_message(store, [f"telegram:{chat}" for chat in (ADMIN, CHIEF)], alert, SystemClock().now())
    api.witness = killer = Killer(moment, 1, kill_whole_group, random.Random(1))
    start(home, "run").communicate(timeout=60)
    assert killer.killed.is_set()

    daemon = start(home, "run")
    until(lambda: {(ADMIN, TEXTS[0]), (CHIEF, TEXTS[0])} <= set(api.messages))
    time.sleep(1)
    end(daemon)
    assert Counter(api.messages)[CHIEF, TEXTS[0]] == 1
    assert Counter(api.messages)[ADMIN, TEXTS[0]] == 2
