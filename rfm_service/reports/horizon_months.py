"""The months of the horizon, as the picture and the page show them."""

import pandas as pd

from rfm_service.clock import day_of, first_day_of_month, month_of
from rfm_service.locales import Language
from rfm_service.reports.facts import Facts
from rfm_service.reports.tables import ReportTables


def months_of(tables: ReportTables) -> pd.DataFrame:
    """Every month of the horizon, with zeros where nothing was bought; `whole`: the horizon holds all its days."""
    facts = tables.facts
    every = range(month_of(facts.first_day), month_of(facts.last_day) + 1)
    months: pd.DataFrame = tables.months.set_index("month").reindex(every, fill_value=0)
    return months.assign(whole=[_is_whole(month, facts) for month in every])


def _is_whole(month: int, facts: Facts) -> bool:
    first, next_first = day_of(first_day_of_month(month)), day_of(first_day_of_month(month + 1))
    return facts.first_day <= first and next_first <= facts.last_day + 1


def best_month(months: pd.DataFrame, language: Language) -> str:
    """The best whole month or, where those have no purchases, the best month there is."""
    whole = months[months["whole"]]
    candidates = whole if whole["monetary"].any() else months
    revenue = candidates["monetary"]
    text = (
        language.gettext("{month} was the best month: {revenue}, {share} above the average")
        if len(candidates) > 1
        else language.gettext("{month}: {revenue}")
    )
    return text.format(
        month=language.month(candidates.index.tolist()[int(revenue.argmax())]).capitalize(),
        revenue=language.short_money(int(revenue.max())),
        share=language.share(revenue.max() / revenue.mean() - 1),
    )
