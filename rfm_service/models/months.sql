-- months: one row per month of the horizon with purchases
-- month: year * 12 + month - 1 · monetary: kopecks · orders: that shipped in the month · buyers: who bought in it
SELECT
    calendar.month,
    CAST(SUM(purchases.amount) AS BIGINT) AS monetary,
    CAST(COUNT(DISTINCT purchases.order_id) AS BIGINT) AS orders,
    CAST(COUNT(DISTINCT purchases.customer_id) AS BIGINT) AS buyers
FROM purchases
INNER JOIN calendar ON purchases.day = calendar.day
GROUP BY calendar.month
ORDER BY calendar.month
