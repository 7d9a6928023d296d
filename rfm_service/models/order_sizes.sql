-- order_sizes: one row per order with a purchase inside the horizon
-- amount: kopecks · items: distinct products of its shipments
SELECT
    order_id,
    CAST(SUM(amount) AS BIGINT) AS amount,
    CAST(SUM(items) AS BIGINT) AS items
FROM purchases
GROUP BY order_id
ORDER BY order_id
