-- silent_states: what becomes of customers who buy nothing more: one row per customer and day that changes something
-- recency, frequency, monetary: as customer_metrics has them when that day is the reference day; frequency 0: outside
-- A purchase leaves the horizon when it is older than :horizon_days, an order with the last of its days;
-- recency_borders are the recencies at which a rule changes its answer.
WITH order_ends AS (
    SELECT
        customer_id,
        order_id,
        MAX(day) AS day
    FROM purchases
    GROUP BY customer_id, order_id
),

changes AS (
    SELECT
        customer_id,
        day + :horizon_days + 1 AS day,
        amount,
        0 AS orders
    FROM purchases
    UNION ALL
    SELECT
        customer_id,
        day + :horizon_days + 1 AS day,
        0 AS amount,
        1 AS orders
    FROM order_ends
    UNION ALL
    SELECT
        customers.customer_id,
        customers.last_day + recency_borders.recency AS day,
        0 AS amount,
        0 AS orders
    FROM customers
    CROSS JOIN recency_borders
    WHERE customers.recency < recency_borders.recency
),

changed_days AS (
    SELECT
        customer_id,
        day,
        SUM(amount) AS amount,
        SUM(orders) AS orders
    FROM changes
    GROUP BY customer_id, day
),

gone AS (
    SELECT
        customer_id,
        day,
        SUM(amount) OVER (PARTITION BY customer_id ORDER BY day) AS amount,
        SUM(orders) OVER (PARTITION BY customer_id ORDER BY day) AS orders
    FROM changed_days
)

SELECT
    gone.customer_id,
    CAST(gone.day AS BIGINT) AS day,
    CAST(gone.day - customers.last_day AS BIGINT) AS recency,
    CAST(customers.frequency - gone.orders AS BIGINT) AS frequency,
    CAST(customers.monetary - gone.amount AS BIGINT) AS monetary
FROM gone
INNER JOIN customers ON gone.customer_id = customers.customer_id
