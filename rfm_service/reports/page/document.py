"""The page as one HTML document that needs nothing else and talks to nobody."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from babel import Locale
from plotly.offline import get_plotlyjs

from rfm_service.locales import Language
from rfm_service.reports.facts import Facts
from rfm_service.reports.page.cards import Card, Chart, Tab
from rfm_service.reports.page.safe import html, script_json

HERE = Path(__file__).parent
FEW = 3  # choices that fit side by side
MOST_WARNINGS = 5


def document(facts: Facts, tabs: list[Tab], language: Language) -> str:
    """The whole page."""
    scripts = [_resource("tabs.js"), get_plotlyjs(), _resource("charts.js")]
    title = language.gettext("Customer segments on {day}").format(day=language.day(facts.reference_day))
    charts = [chart for tab in tabs for card in tab.cards for chart in card.charts]
    data = {"locale": _locale(language), "figures": {chart.name: _plain(chart) for chart in charts}}
    behaviour = "\n".join(f"<script>{script}</script>" for script in scripts)
    return f"""<!DOCTYPE html>
<html lang="{language.code}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="rfm_service">
<link rel="icon" href="data:,">
<title>{html(title)}</title>
<style>{_resource("page.css")}</style>
</head>
<body>
{_header(facts, title, language)}
{_navigation(tabs, language)}
<main>
{"".join(map(_panel, tabs))}
</main>
{_footer(facts, language)}
<script type="application/json" id="figures">{script_json(data)}</script>
{behaviour}
</body>
</html>
"""


def _resource(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str]) -> str:
    """Nothing is loaded, sent or run but these scripts. Plotly writes styles, and heat maps are pictures in `data:`."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _plain(chart: Chart) -> dict[str, Any]:
    return {choice: figure.as_plain() for choice, figure in chart.figures.items()}


def _locale(language: Language) -> dict[str, Any]:
    """How plotly writes numbers and dates in this language. English it knows."""
    if language.code == "en":
        return {"name": "en"}
    words = Locale(language.code)
    days, months = words.days["stand-alone"], words.months["stand-alone"]
    return {
        "name": language.code,
        "format": {
            "days": [days["wide"][day] for day in (6, 0, 1, 2, 3, 4, 5)],
            "shortDays": [days["abbreviated"][day] for day in (6, 0, 1, 2, 3, 4, 5)],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
            "date": "%d.%m.%Y",
            "decimal": words.number_symbols["latn"]["decimal"],
            "thousands": words.number_symbols["latn"]["group"],
        },
    }


def _header(facts: Facts, title: str, language: Language) -> str:
    period = language.gettext("Purchases from {first} to {last}, net of returns").format(
        first=language.day(facts.first_day), last=language.day(facts.last_day)
    )
    shown = [html(warning) for warning in facts.warnings[:MOST_WARNINGS]]
    if rest := len(facts.warnings) - len(shown):
        shown.append(html(language.ngettext("One more", "{n} more", rest)))
    warnings = f'<ul class="warnings">{"".join(f"<li>{warning}</li>" for warning in shown)}</ul>' if shown else ""
    needed = html(language.gettext("The pictures need a browser that runs scripts."))
    return f"<header><h1>{html(title)}</h1><p>{html(period)}</p>{warnings}<noscript><p>{needed}</p></noscript></header>"


def _footer(facts: Facts, language: Language) -> str:
    origin = {
        language.gettext("Run"): facts.run_id,
        language.gettext("Scheme"): facts.scheme_hash,
        language.gettext("Data"): facts.fingerprint,
    }
    return f"<footer>{' · '.join(f'{html(title)}: {html(value)}' for title, value in origin.items())}</footer>"


def _navigation(tabs: list[Tab], language: Language) -> str:
    buttons = "".join(
        f'<button type="button" role="tab" id="tab-{tab.key}" aria-controls="{tab.key}">{html(tab.title)}</button>'
        for tab in tabs
    )
    name = html(language.gettext("Parts of the report"))
    return f'<nav hidden><div role="tablist" aria-label="{name}">{buttons}</div></nav>'


def _panel(tab: Tab) -> str:
    cards = "\n".join(_card(card) for card in tab.cards)
    return f'<section role="tabpanel" id="{tab.key}" aria-labelledby="tab-{tab.key}">\n{cards}\n</section>\n'


def _card(card: Card) -> str:
    note = f'<p class="note">{html(card.note)}</p>' if card.note else ""
    parts = [_chooser(card), *(_chart(chart, titled=len(card.charts) > 1) for chart in card.charts), card.body]
    return f'<div class="card{" half" if card.half else ""}"><h2>{html(card.title)}</h2>{note}{"".join(parts)}</div>'


def _chart(chart: Chart, *, titled: bool) -> str:
    heights = f"--height:{chart.height}px;--narrow-height:{chart.narrow_height}px"
    title = f'<p class="note">{html(chart.about)}</p>' if titled else ""
    about = f'role="img" aria-label="{html(chart.about)}"'
    return f'{title}<div class="chart" id="{chart.name}" {about} style="{heights}"></div>'


def _chooser(card: Card) -> str:
    """A few choices are buttons, many are a list."""
    if not card.choices:
        return ""
    group = card.charts[0].name
    if len(card.choices) > FEW:
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key == card.chosen else ""}>{html(title)}</option>'
            for key, title in card.choices.items()
        )
        return f'<label class="list">{html(card.choose)} <select autocomplete="off">{options}</select></label>'
    buttons = "".join(
        f'<label><input type="radio" name="choice-{group}" value="{escape(key)}" autocomplete="off"'
        f"{' checked' if key == card.chosen else ''}><span>{html(title)}</span></label>"
        for key, title in card.choices.items()
    )
    return f'<fieldset class="choices" aria-label="{html(card.choose)}">{buttons}</fieldset>'
