-- prospects: one row per customer: how far the next segments are, above and below, and when the next order is due
-- orders_missing: orders · amount_missing: kopecks · days_missing, overdue: days
-- fall_day, expected_day: day numbers, -1 where unknown
-- money_at_risk: kopecks, such a share of monetary as the fall is of the whole way out of the horizon
WITH order_days AS (
    SELECT
        customer_id,
        COUNT(DISTINCT day) AS days
    FROM (
        SELECT
            customer_id,
            order_id,
            MIN(day) AS day
        FROM purchases
        GROUP BY customer_id, order_id
    ) AS orders_by_first_day
    GROUP BY customer_id
),

expected AS (
    SELECT
        customers.customer_id,
        CASE
            WHEN order_days.days >= 3 AND customers.order_interval > 0
                THEN customers.last_day + customers.order_interval
        END AS day
    FROM customers
    INNER JOIN order_days ON customers.customer_id = order_days.customer_id
),

steps_down AS (
    SELECT
        customers.customer_id,
        later.rank - ranks.rank AS fallen,
        bottom.rank - ranks.rank AS whole
    FROM customers
    INNER JOIN falls ON customers.customer_id = falls.customer_id
    INNER JOIN ranks ON customers.segment = ranks.segment
    INNER JOIN ranks AS later ON falls.fall_segment = later.segment
    INNER JOIN ranks AS bottom ON bottom.segment = ''
),

at_risk AS (
    SELECT
        steps_down.customer_id,
        CAST(
            (customers.monetary * steps_down.fallen - MOD(customers.monetary * steps_down.fallen, steps_down.whole))
            / steps_down.whole AS BIGINT
        ) AS money
    FROM steps_down
    INNER JOIN customers ON steps_down.customer_id = customers.customer_id
)

SELECT
    customers.customer_id,
    COALESCE(better_segments.better_segment, '') AS better_segment,
    COALESCE(better_segments.orders_missing, 0) AS orders_missing,
    COALESCE(better_segments.amount_missing, 0) AS amount_missing,
    COALESCE(better_segments.days_missing, 0) AS days_missing,
    COALESCE(falls.fall_day, -1) AS fall_day,
    COALESCE(falls.fall_segment, '') AS fall_segment,
    CAST(COALESCE(expected.day, -1) AS BIGINT) AS expected_day,
    CAST(CASE WHEN expected.day < :reference_day THEN :reference_day - expected.day ELSE 0 END AS BIGINT) AS overdue,
    COALESCE(at_risk.money, 0) AS money_at_risk
FROM customers
INNER JOIN expected ON customers.customer_id = expected.customer_id
LEFT JOIN better_segments ON customers.customer_id = better_segments.customer_id
LEFT JOIN falls ON customers.customer_id = falls.customer_id
LEFT JOIN at_risk ON customers.customer_id = at_risk.customer_id
