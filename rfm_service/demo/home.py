"""A home for the demo: the user's settings, but the shop's own ERP and folders, and nothing sent to anybody."""

import shutil
from pathlib import Path

from pydantic import SecretStr

from rfm_service.demo.people import OWN_COMPANIES
from rfm_service.home import Home
from rfm_service.settings import Erp, Lists, Mail, ReportSettings, Settings, Telegram

RUNTIME = ("db", "logs", "reports")


def fresh_home(path: Path, config: Path, settings: Settings, url: str, token: str) -> Home:
    """A home at `path` with nothing of an earlier demo in it."""
    for folder in RUNTIME:
        shutil.rmtree(path / folder, ignore_errors=True)
    adapted = settings.model_copy(
        update={
            "erp": Erp(url=url, token=SecretStr(token), timezone=settings.erp.timezone, pause=0),
            "cleaning": settings.cleaning.model_copy(update={"own_companies": list(OWN_COMPANIES)}),
            "report": ReportSettings(),
            "telegram": Telegram(),
            "mail": Mail(),
            "lists": Lists(),
        }
    )
    return Home(path, config, adapted)
