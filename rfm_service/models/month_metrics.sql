-- month_metrics: one row per customer with a purchase in the last calendar month of the horizon
-- month_frequency: orders · month_monetary: kopecks, net of returns; both of that month only
SELECT
    purchases.customer_id,
    CAST(COUNT(DISTINCT purchases.order_id) AS BIGINT) AS month_frequency,
    CAST(SUM(purchases.amount) AS BIGINT) AS month_monetary
FROM purchases
INNER JOIN calendar ON purchases.day = calendar.day
WHERE calendar.month = (SELECT MAX(month) FROM calendar)
GROUP BY purchases.customer_id
