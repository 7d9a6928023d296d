"""What a tab is made of: cards with a finding, a line that says what is shown, and pictures or HTML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rfm_service.clock import day_of, first_day_of_month, month_of
from rfm_service.locales import Language
from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.page.figures import Figure
from rfm_service.reports.page.safe import html
from rfm_service.reports.palette import readable_ink


@dataclass(frozen=True)
class Chart:
    """A picture: one figure, or one for each choice of its card. Heights are pixels on a laptop and on a phone.

    `about` says in words what it shows, for those who cannot see it.
    """

    name: str
    about: str
    figures: Mapping[str, Figure]
    height: int
    narrow_height: int


@dataclass(frozen=True)
class Card:
    """`title` says the finding, `note` what is shown. `choices` (key → title) are offered as buttons or as a list."""

    title: str
    note: str = ""
    charts: tuple[Chart, ...] = ()
    body: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    chosen: str = ""
    choose: str = ""
    half: bool = False


@dataclass(frozen=True)
class Tab:
    """One of the page's parts."""

    key: str
    title: str
    cards: list[Card]


def single(figure: Figure) -> dict[str, Figure]:
    """The figures of a chart that leaves no choice."""
    return {"": figure}


def later(title: str, when: str) -> Card:
    """What will stand here, and when."""
    return Card(title, body=f'<p class="later">{html(when)}</p>')


def first_close(facts: Facts, language: Language) -> str:
    """When tables of closed months can be there at the earliest."""
    day = day_of(first_day_of_month(month_of(facts.reference_day) + 1))
    return language.gettext("It will stand here when the closed months tell enough: {day} at the earliest.").format(
        day=language.day(day)
    )


def chip(style: SegmentStyle) -> str:
    """A segment's title on its colour."""
    ink = readable_ink(style.color)
    return f'<span class="chip" style="background:{html(style.color)};color:{ink}">{html(style.title, 40)}</span>'


def key_figure(title: str, text: str, note: str = "", name: str = "", value: int = 0) -> str:
    """A figure with its name. With a `name`, `value` stands beside the text for a machine to read."""
    small = f"<small>{html(note)}</small>" if note else ""
    figure = f'<data id="{html(name)}" value="{value}">{html(text)}</data>' if name else html(text)
    return f"<div><dt>{html(title)}</dt><dd>{figure}{small}</dd></div>"


def key_figures(figures: Iterable[str]) -> str:
    """A strip of key figures."""
    return f'<dl class="figures">{"".join(figures)}</dl>'
