-- A night reads the matches of its horizon, and not those of all years.
CREATE INDEX return_match_by_sale_day ON return_match (sale_day);
CREATE INDEX return_match_by_return_day ON return_match (return_day);
