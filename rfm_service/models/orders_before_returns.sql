-- orders_before_returns: known_orders as they were before what came back from :reference_day on
-- one row per day, customer and order · amount: kopecks · purchase: whether anything was left
WITH back AS (
    SELECT
        order_id,
        sale_day,
        CAST(SUM(amount) AS BIGINT) AS amount
    FROM return_match
    WHERE back_kind = 2 AND return_day >= :reference_day AND sale_day < :reference_day
    GROUP BY order_id, sale_day
)

SELECT
    known_orders.day,
    known_orders.customer_id,
    known_orders.order_id,
    CAST(known_orders.amount + COALESCE(back.amount, 0) AS BIGINT) AS amount,
    known_orders.items,
    CASE WHEN back.order_id IS NULL THEN known_orders.purchase ELSE 1 END AS purchase
FROM known_orders
LEFT JOIN back ON known_orders.order_id = back.order_id AND known_orders.day = back.sale_day
