-- two_month_sums: one row per customer with a purchase inside the horizon
-- two_month_sum: kopecks, mean over the pairs of months (Jan-Feb, Mar-Apr, ...; of any year) with purchases,
-- rounded down, so that comparing it with a whole threshold is comparing the exact mean
WITH pairs AS (
    SELECT
        purchases.customer_id,
        calendar.month_pair,
        CAST(SUM(purchases.amount) AS BIGINT) AS amount
    FROM purchases
    INNER JOIN calendar ON purchases.day = calendar.day
    GROUP BY purchases.customer_id, calendar.month_pair
),

totals AS (
    SELECT
        customer_id,
        CAST(SUM(amount) AS BIGINT) AS amount,
        COUNT(*) AS pairs
    FROM pairs
    GROUP BY customer_id
)

SELECT
    customer_id,
    CAST((amount - MOD(amount, pairs)) / pairs AS BIGINT) AS two_month_sum
FROM totals
