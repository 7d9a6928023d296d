"""The small tables that SQL by hand needs beside the orders."""

from bench.data import FIRST_DAYS, HORIZON, MONTHS, REFERENCE_DAY
from rfm_service.clock import date_of

MONTH_ROWS = list(zip(MONTHS, FIRST_DAYS[:-1], FIRST_DAYS[1:], strict=True))
"""month, first_day, reference_day"""
PAIR_ROWS = [(day, (date_of(day).month - 1) // 2) for day in range(REFERENCE_DAY - HORIZON, REFERENCE_DAY)]
"""day, pair"""
