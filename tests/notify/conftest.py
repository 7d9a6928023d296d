"""A bot, its server and the way there."""

from collections.abc import Iterator

import pytest

from rfm_service.notify.bot_api import Bot
from tests.fakes.bot_api import BotApi

TOKEN = "271828182:AAcanaryDoNotShowThisToAnybody"
ADMIN = 1001


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(TOKEN, chats={ADMIN}) as api:
        yield api


@pytest.fixture
def bot(api: BotApi) -> Bot:
    return Bot(TOKEN, api.url, timeout=5)
