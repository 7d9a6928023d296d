"""What people read, in their language: texts by gettext, numbers and dates by Babel.

The texts in the code are English and serve as keys; `ru.po` holds the Russian.
After a change of it: `python -m rfm_service.locales`.
"""

import gettext
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from rfm_service.clock import date_of, first_day_of_month

HERE = Path(__file__).parent
CURRENCY = "\N{NO-BREAK SPACE}₽"


def N_(text: str) -> str:  # noqa: N802  gettext's name for it
    """Mark a text that is translated where it is used."""
    return text


class Language:
    """One language: `Language("ru").gettext("Segment")`."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._texts = gettext.NullTranslations() if code == "en" else _catalogue(code)

    def gettext(self, text: str) -> str:
        """The text in this language."""
        return self._texts.gettext(text)

    def ngettext(self, one: str, many: str, count: int, **values: str) -> str:
        """The text for this count, with `{n}` and the other `values` filled in."""
        return self._texts.ngettext(one, many, count).format(n=self.number(count), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """12345.6 → `12,346` or `12 346`; `digits` behind the point."""
        places = "." + "0" * digits if digits else ""
        return format_decimal(value, format=f"#,##0{places}", locale=self.code)

    def money(self, kopecks: int) -> str:
        """Kopecks as whole roubles: `1,234,567 ₽`."""
        return self.number(kopecks / 100) + CURRENCY

    def short_money(self, kopecks: int) -> str:
        """Kopecks at a glance: `1.2M ₽`, `1,2 млн ₽`."""
        return format_compact_decimal(kopecks / 100, fraction_digits=1, locale=self.code) + CURRENCY

    def share(self, part: float) -> str:
        """0.123 → `12.3%`."""
        return format_percent(part, format="#,##0.0%", locale=self.code)

    def day(self, day: int) -> str:
        """`20 Nov 2026`, `20.11.2026`."""
        return format_date(date_of(day), format="dd.MM.yyyy" if self.code == "ru" else "d MMM yyyy", locale=self.code)

    def month(self, month: int) -> str:
        """`Nov 2026`, `нояб. 2026`."""
        return format_date(first_day_of_month(month), format="LLL yyyy", locale=self.code)


@cache
def _catalogue(code: str) -> gettext.GNUTranslations:
    with (HERE / f"{code}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
