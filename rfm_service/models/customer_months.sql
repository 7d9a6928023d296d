-- customer_months: one row per customer and month with purchases, of the whole past
-- monetary: kopecks · last_day: of the purchases of the month · cohort: month of the customer's first purchase
-- next_month: the next one with purchases, 999999 where there is none yet
-- risk_month, churn_month: the first at whose end more than 60, more than 90 days have passed since last_day
WITH bought AS (
    SELECT
        purchases.customer_id,
        calendar.month,
        CAST(SUM(purchases.amount) AS BIGINT) AS monetary,
        MAX(purchases.day) AS last_day
    FROM purchases
    INNER JOIN calendar ON purchases.day = calendar.day
    GROUP BY purchases.customer_id, calendar.month
)

SELECT
    bought.customer_id,
    bought.month,
    bought.monetary,
    bought.last_day,
    calendar.risk_month,
    calendar.churn_month,
    CAST(MIN(bought.month) OVER own_months AS BIGINT) AS cohort,
    CAST(COALESCE(LEAD(bought.month) OVER own_months, 999999) AS BIGINT) AS next_month
FROM bought
INNER JOIN calendar ON bought.last_day = calendar.day
WINDOW own_months AS (PARTITION BY bought.customer_id ORDER BY bought.month)
