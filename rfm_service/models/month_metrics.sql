-- month_metrics: one row per customer with a purchase in the last calendar month of the horizon
-- month_frequency: orders · month_monetary: kopecks, net of returns; both of that month only
WITH last_month AS (
    SELECT MAX(month) AS month
    FROM calendar
)

SELECT
    purchases.customer_id,
    CAST(COUNT(DISTINCT purchases.order_id) AS BIGINT) AS month_frequency,
    CAST(SUM(purchases.amount) AS BIGINT) AS month_monetary
FROM purchases
INNER JOIN calendar ON purchases.day = calendar.day
INNER JOIN last_month ON calendar.month = last_month.month
GROUP BY purchases.customer_id
