-- What was published, as it was published: segments as periods, the measures they came from, and who moved. A day here is
-- the reference day of a report; until_day is that of the first report which no longer says so, -1 while it lasts.

CREATE TABLE report (
    reference_day INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,                           -- published once that run is done
    horizon_days INTEGER NOT NULL
) STRICT;

CREATE TABLE published_scheme (
    scheme TEXT NOT NULL,
    from_day INTEGER NOT NULL,
    fitted TEXT NOT NULL,                           -- segmentation.fitted.FittedScheme as JSON
    PRIMARY KEY (scheme, from_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment_period (
    scheme TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    until_day INTEGER NOT NULL,
    segment TEXT NOT NULL,
    PRIMARY KEY (scheme, customer_id, from_day)
) STRICT, WITHOUT ROWID;

-- Only what the last two reports have said; what is as in the report before is not written again.
CREATE TABLE published_measures (
    customer_id INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    until_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,                      -- of the last purchase: recency is counted from it
    frequency INTEGER NOT NULL,
    monetary INTEGER NOT NULL,
    order_interval INTEGER NOT NULL,
    two_month_sum INTEGER NOT NULL,
    month_frequency INTEGER NOT NULL,
    month_monetary INTEGER NOT NULL,
    PRIMARY KEY (customer_id, from_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE movement (
    reference_day INTEGER NOT NULL,
    scheme TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    before TEXT NOT NULL,                           -- segments; '': outside the horizon
    after TEXT NOT NULL,
    direction INTEGER NOT NULL,                     -- 1 better, -1 worse, 0 neither
    cause TEXT NOT NULL,                            -- records.Cause
    measure TEXT NOT NULL,                          -- what crossed a border, or ''
    value_before INTEGER NOT NULL,
    value_after INTEGER NOT NULL,
    border INTEGER NOT NULL,
    monetary_before INTEGER NOT NULL,
    monetary_after INTEGER NOT NULL,
    documents TEXT NOT NULL,                        -- records.Evidence as JSON
    PRIMARY KEY (reference_day, scheme, customer_id)
) STRICT, WITHOUT ROWID;

-- Documents of a known day that came to differ.
CREATE TABLE changed_document (
    moment TEXT NOT NULL,
    day INTEGER NOT NULL,
    key TEXT NOT NULL,
    kind INTEGER NOT NULL,
    number TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    amount_before INTEGER NOT NULL,                 -- of all its lines; 0 where it was not, or is no more
    amount_after INTEGER NOT NULL,
    PRIMARY KEY (moment, day, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_twice ON report (reference_day, run_id, horizon_days);
CREATE INDEX published_scheme_twice ON published_scheme (from_day, scheme, fitted);
CREATE INDEX segment_period_twice ON segment_period (until_day, scheme, customer_id, from_day, segment);
CREATE INDEX published_measures_twice ON published_measures (
    until_day, customer_id, from_day, last_day, frequency, monetary, order_interval, two_month_sum, month_frequency,
    month_monetary
);
CREATE INDEX movement_twice ON movement (
    scheme, customer_id, reference_day, before, after, direction, cause, measure, value_before, value_after, border,
    monetary_before, monetary_after, documents
);
CREATE INDEX changed_document_twice ON changed_document (
    customer_id, moment, day, key, kind, number, amount_before, amount_after
);
