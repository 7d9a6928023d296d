-- snapshots: one row per month of snapshot_months and customer with a purchase inside the horizon that the month ends
-- recency: days from the last purchase to the first day after the month · frequency: orders · monetary: kopecks, net of
-- returns; as customer_metrics has them on that day · month_frequency, month_monetary: the same of the month alone
-- Reads purchases (of the whole past) once: a shipment counts at the ends of the months from its own (calendar.month)
-- until the one in which it leaves the horizon (calendar.left_month). What is behind the horizon at the end of the
-- first of these months is not looked at.
WITH first_month AS (
    SELECT MIN(month) AS month
    FROM snapshot_months
),

shipments AS (
    SELECT
        purchases.customer_id,
        purchases.day,
        purchases.amount,
        calendar.month,
        calendar.left_month,
        LAG(calendar.month) OVER same_order AS previous_month,
        LAG(calendar.left_month) OVER same_order AS previous_left_month,
        LEAD(calendar.month) OVER same_order AS next_month
    FROM purchases
    INNER JOIN calendar ON purchases.day = calendar.day
    CROSS JOIN first_month
    WHERE calendar.left_month > first_month.month OR calendar.month = first_month.month
    WINDOW same_order AS (PARTITION BY purchases.customer_id, purchases.order_id ORDER BY purchases.day)
),

-- an order is inside while one of its shipments is: it comes with the first of them and leaves with the last
sums AS (
    SELECT
        customer_id,
        month,
        left_month,
        MAX(day) AS last_day,
        SUM(amount) AS amount,
        SUM(CASE WHEN previous_month = month THEN 0 ELSE 1 END) AS month_orders,
        SUM(CASE WHEN previous_left_month >= month THEN 0 ELSE 1 END) AS orders_come,
        SUM(CASE WHEN next_month <= left_month THEN 0 ELSE 1 END) AS orders_gone
    FROM shipments
    GROUP BY customer_id, month, left_month
),

changes AS (
    SELECT
        customer_id,
        month,
        last_day,
        amount,
        orders_come AS orders,
        amount AS month_amount,
        month_orders
    FROM sums
    UNION ALL
    SELECT
        customer_id,
        left_month AS month,
        NULL AS last_day,
        -amount AS amount,
        -orders_gone AS orders,
        0 AS month_amount,
        0 AS month_orders
    FROM sums
),

changed_months AS (
    SELECT
        customer_id,
        month,
        MAX(last_day) AS last_day,
        SUM(amount) AS amount,
        SUM(orders) AS orders,
        SUM(month_amount) AS month_amount,
        SUM(month_orders) AS month_orders
    FROM changes
    GROUP BY customer_id, month
),

-- what was so at the end of a month stays so until the next month with a change
states AS (
    SELECT
        customer_id,
        month,
        month_amount,
        month_orders,
        MAX(last_day) OVER until_now AS last_day,
        SUM(amount) OVER until_now AS amount,
        SUM(orders) OVER until_now AS orders,
        COALESCE(LEAD(month) OVER until_now, 999999) AS next_month
    FROM changed_months
    WINDOW until_now AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    snapshot_months.month,
    states.customer_id,
    CAST(snapshot_months.reference_day - states.last_day AS BIGINT) AS recency,
    CAST(states.orders AS BIGINT) AS frequency,
    CAST(states.amount AS BIGINT) AS monetary,
    CAST(
        CASE WHEN states.month = snapshot_months.month THEN states.month_orders ELSE 0 END AS BIGINT
    ) AS month_frequency,
    CAST(
        CASE WHEN states.month = snapshot_months.month THEN states.month_amount ELSE 0 END AS BIGINT
    ) AS month_monetary
FROM states
INNER JOIN snapshot_months ON states.month <= snapshot_months.month AND states.next_month > snapshot_months.month
WHERE states.orders > 0
