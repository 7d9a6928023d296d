"""SQL as one writes it by hand, for DuckDB and for Spark; `orders`, `months` and `pairs` are known by name."""

SEGMENT = """CASE
    WHEN frequency >= 12 AND monetary >= 60000000 AND recency < 90 THEN 'champions'
    WHEN frequency >= 9 AND recency >= 180 THEN 'lost'
    WHEN frequency >= 9 AND recency >= 90 THEN 'risk'
    WHEN frequency >= 9 THEN 'loyal'
    WHEN frequency >= 6 AND monetary >= 30000000 AND recency < 90 THEN 'growing'
    WHEN frequency >= 3 AND monetary >= 10000000 AND recency < 90 THEN 'promising'
    WHEN recency > 135 THEN 'sleeping'
    WHEN recency > 45 THEN 'drifting'
    WHEN frequency >= 3 THEN 'promising'
    ELSE 'newcomers' END"""

TIER = """CASE
    WHEN mean >= 50000000 THEN 'whale'
    WHEN mean >= 22000000 THEN 'large_wholesaler'
    WHEN mean >= 10000000 THEN 'wholesaler'
    WHEN mean >= 3000000 THEN 'small_wholesaler'
    ELSE 'retail' END"""

RFM = f"""
WITH inside AS (SELECT * FROM orders WHERE day >= {{first_day}}),
measures AS (
    SELECT customer_id, {{end}} - MAX(day) AS recency, COUNT(DISTINCT order_id) AS frequency,
        CAST(SUM(amount) AS BIGINT) AS monetary
    FROM inside GROUP BY customer_id
),
days AS (
    SELECT DISTINCT customer_id, day
    FROM (SELECT customer_id, MIN(day) AS day FROM inside GROUP BY customer_id, order_id) AS firsts
),
gaps AS (
    SELECT * FROM (
        SELECT customer_id, day - LEAD(day) OVER one AS gap, ROW_NUMBER() OVER one AS newness
        FROM days WINDOW one AS (PARTITION BY customer_id ORDER BY day DESC)
    ) AS found WHERE gap IS NOT NULL
),
beside AS (
    SELECT *, SUM(gap) OVER (PARTITION BY customer_id ORDER BY newness) AS elapsed,
        COUNT(*) OVER one AS gaps, MAX(CASE WHEN newness = 1 THEN gap END) OVER one AS newest,
        AVG(CASE WHEN newness <= 3 THEN gap END) OVER one AS rhythm
    FROM gaps WINDOW one AS (PARTITION BY customer_id)
),
intervals AS (
    SELECT customer_id, CAST({{halves_to_even}} AS BIGINT) AS order_interval
    FROM beside
    WHERE CASE
        WHEN newest > 120 AND gaps < 5 THEN newness = 1
        WHEN newest > 120 THEN newness BETWEEN 2 AND 4
        ELSE elapsed <= CASE WHEN rhythm < 30 THEN 120 ELSE 180 END END
    GROUP BY customer_id
),
means AS (
    SELECT customer_id, FLOOR(SUM(amount) / COUNT(*)) AS mean
    FROM (
        SELECT customer_id, pair, SUM(amount) AS amount
        FROM inside INNER JOIN pairs ON inside.day = pairs.day GROUP BY customer_id, pair
    ) AS sums
    GROUP BY customer_id
)
SELECT measures.*, COALESCE(order_interval, 0) AS order_interval, {SEGMENT} AS segment, {TIER} AS tier
FROM measures
INNER JOIN means ON measures.customer_id = means.customer_id
LEFT JOIN intervals ON measures.customer_id = intervals.customer_id
"""

SNAPSHOT = f"""
SELECT *, {SEGMENT} AS segment
FROM (
    SELECT month, customer_id, reference_day - MAX(day) AS recency, COUNT(DISTINCT order_id) AS frequency,
        CAST(SUM(amount) AS BIGINT) AS monetary,
        CAST(SUM(CASE WHEN day >= first_day THEN amount ELSE 0 END) AS BIGINT) AS month_monetary
    FROM months INNER JOIN orders ON day < reference_day AND day >= reference_day - {{horizon}}
    WHERE {{these}}
    GROUP BY month, reference_day, customer_id
) AS measured
"""

TRANSITIONS = """
SELECT month, before, after, COUNT(*) AS customers,
    CAST(SUM(amount_before) AS BIGINT) AS amount_before, CAST(SUM(amount_after) AS BIGINT) AS amount_after
FROM (
    SELECT COALESCE(later.month, earlier.month + 1) AS month,
        COALESCE(earlier.segment, '') AS before, COALESCE(later.segment, '') AS after,
        COALESCE(earlier.month_monetary, 0) AS amount_before, COALESCE(later.month_monetary, 0) AS amount_after
    FROM snapshots AS earlier FULL JOIN snapshots AS later
        ON earlier.customer_id = later.customer_id AND earlier.month + 1 = later.month
) AS moves
WHERE month BETWEEN {second} AND {last}
GROUP BY month, before, after
"""

COHORTS = """
WITH bought AS (
    SELECT customer_id, month, amount
    FROM orders INNER JOIN months ON day >= first_day AND day < reference_day
),
firsts AS (SELECT customer_id, MIN(month) AS cohort FROM bought GROUP BY customer_id)
SELECT cohort, month, COUNT(DISTINCT bought.customer_id) AS buyers, CAST(SUM(amount) AS BIGINT) AS monetary
FROM bought INNER JOIN firsts ON bought.customer_id = firsts.customer_id
GROUP BY cohort, month
"""
