-- order_intervals: one row per customer with purchases under orders of two different days or more
-- order_interval: mean gap between recent order days, in whole days, halves to even (docs/formulas.md)
WITH order_days AS (
    SELECT DISTINCT
        customer_id,
        day
    FROM (
        SELECT
            customer_id,
            order_id,
            MIN(day) AS day
        FROM purchases
        GROUP BY customer_id, order_id
    ) AS orders_by_first_day
),

numbered AS (
    SELECT
        customer_id,
        day - LEAD(day) OVER (PARTITION BY customer_id ORDER BY day DESC) AS gap,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day DESC) AS newness,
        FIRST_VALUE(day) OVER (PARTITION BY customer_id ORDER BY day DESC)
        - LEAD(day) OVER (PARTITION BY customer_id ORDER BY day DESC) AS elapsed
    FROM order_days
),

gaps AS (
    SELECT
        customer_id,
        gap,
        newness,
        elapsed
    FROM numbered
    WHERE gap IS NOT NULL
),

rhythms AS (
    SELECT
        customer_id,
        COUNT(*) AS gaps,
        MAX(CASE WHEN newness = 1 THEN gap END) AS newest,
        CASE
            WHEN SUM(CASE WHEN newness <= 3 THEN gap END) < 30 * SUM(CASE WHEN newness <= 3 THEN 1 END) THEN 120
            ELSE 180
        END AS reach
    FROM gaps
    GROUP BY customer_id
),

recent AS (
    SELECT
        gaps.customer_id,
        CAST(SUM(gaps.gap) AS BIGINT) AS days,
        COUNT(*) AS gaps
    FROM gaps
    INNER JOIN rhythms ON gaps.customer_id = rhythms.customer_id
    WHERE
        (rhythms.newest > 120 AND rhythms.gaps < 5 AND gaps.newness = 1)
        OR (rhythms.newest > 120 AND rhythms.gaps >= 5 AND gaps.newness BETWEEN 2 AND 4)
        OR (rhythms.newest <= 120 AND gaps.elapsed <= rhythms.reach)
    GROUP BY gaps.customer_id
),

divided AS (
    SELECT
        customer_id,
        gaps,
        CAST((days - MOD(days, gaps)) / gaps AS BIGINT) AS quotient,
        2 * MOD(days, gaps) AS doubled_rest
    FROM recent
)

SELECT
    customer_id,
    CAST(
        quotient + CASE
            WHEN doubled_rest > gaps THEN 1
            WHEN doubled_rest = gaps THEN MOD(quotient, 2)
            ELSE 0
        END AS BIGINT
    ) AS order_interval
FROM divided
