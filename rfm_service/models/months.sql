-- months: one row per month of the horizon with purchases
-- month: year * 12 + month - 1 · monetary: kopecks · buyers: who bought in it
-- orders: whose first purchase inside the horizon is in the month, so that the months add up to all orders
WITH first_days AS (
    SELECT
        order_id,
        MIN(day) AS day
    FROM purchases
    GROUP BY order_id
),

new_orders AS (
    SELECT
        calendar.month,
        COUNT(*) AS orders
    FROM first_days
    INNER JOIN calendar ON first_days.day = calendar.day
    GROUP BY calendar.month
),

sales AS (
    SELECT
        calendar.month,
        SUM(purchases.amount) AS monetary,
        COUNT(DISTINCT purchases.customer_id) AS buyers
    FROM purchases
    INNER JOIN calendar ON purchases.day = calendar.day
    GROUP BY calendar.month
)

SELECT
    sales.month,
    CAST(sales.monetary AS BIGINT) AS monetary,
    CAST(COALESCE(new_orders.orders, 0) AS BIGINT) AS orders,
    CAST(sales.buyers AS BIGINT) AS buyers
FROM sales
LEFT JOIN new_orders ON sales.month = new_orders.month
ORDER BY sales.month
