-- snapshots: one row per closed month and customer with a purchase inside the horizon that ends with the month
-- recency: days from the last purchase to the first day after the month · frequency: orders · monetary: kopecks, net of
-- returns; as customer_metrics has them on that day · month_frequency, month_monetary: the same of the month alone
-- Reads purchases (of the whole past) once: a shipment counts at the ends of the months from its own (calendar.month)
-- until the one in which it leaves the horizon (calendar.left_month).
WITH parted_orders AS (
    SELECT
        customer_id,
        order_id
    FROM purchases
    GROUP BY customer_id, order_id
    HAVING COUNT(*) > 1
),

parts AS (
    SELECT
        purchases.customer_id,
        calendar.month,
        LAG(calendar.month) OVER same_order AS previous_month,
        LAG(calendar.left_month) OVER same_order AS previous_left_month
    FROM purchases
    INNER JOIN parted_orders
        ON purchases.customer_id = parted_orders.customer_id AND purchases.order_id = parted_orders.order_id
    INNER JOIN calendar ON purchases.day = calendar.day
    WINDOW same_order AS (PARTITION BY purchases.customer_id, purchases.order_id ORDER BY purchases.day)
),

sums AS (
    SELECT
        purchases.customer_id,
        calendar.month,
        calendar.left_month,
        MAX(purchases.day) AS last_day,
        SUM(purchases.amount) AS amount,
        COUNT(*) AS shipments
    FROM purchases
    INNER JOIN calendar ON purchases.day = calendar.day
    GROUP BY purchases.customer_id, calendar.month, calendar.left_month
),

-- every shipment counts as an order from its month on, until it leaves; while two of one order are inside, one less
changes AS (
    SELECT
        customer_id,
        month,
        last_day,
        amount,
        shipments AS orders,
        amount AS month_amount,
        shipments AS month_orders
    FROM sums
    UNION ALL
    SELECT
        customer_id,
        left_month AS month,
        NULL AS last_day,
        -amount AS amount,
        -shipments AS orders,
        0 AS month_amount,
        0 AS month_orders
    FROM sums
    UNION ALL
    SELECT
        customer_id,
        month,
        NULL AS last_day,
        0 AS amount,
        -1 AS orders,
        0 AS month_amount,
        CASE WHEN previous_month = month THEN -1 ELSE 0 END AS month_orders
    FROM parts
    WHERE previous_left_month > month
    UNION ALL
    SELECT
        customer_id,
        previous_left_month AS month,
        NULL AS last_day,
        0 AS amount,
        1 AS orders,
        0 AS month_amount,
        0 AS month_orders
    FROM parts
    WHERE previous_left_month > month
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
    closed_months.month,
    states.customer_id,
    CAST(closed_months.reference_day - states.last_day AS BIGINT) AS recency,
    CAST(states.orders AS BIGINT) AS frequency,
    CAST(states.amount AS BIGINT) AS monetary,
    CAST(CASE WHEN states.month = closed_months.month THEN states.month_orders ELSE 0 END AS BIGINT) AS month_frequency,
    CAST(CASE WHEN states.month = closed_months.month THEN states.month_amount ELSE 0 END AS BIGINT) AS month_monetary
FROM states
INNER JOIN closed_months ON states.month <= closed_months.month AND states.next_month > closed_months.month
WHERE states.orders > 0
