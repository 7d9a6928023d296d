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

-- seen from the newest order day: how many gaps, and days, lie between
back AS (
    SELECT
        customer_id,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day DESC) - 1 AS gaps,
        FIRST_VALUE(day) OVER (PARTITION BY customer_id ORDER BY day DESC) - day AS days
    FROM order_days
),

rhythms AS (
    SELECT
        customer_id,
        COUNT(*) AS gaps,
        MIN(days) AS newest,
        MAX(CASE WHEN gaps <= 3 THEN days END) < 30 * COUNT(CASE WHEN gaps <= 3 THEN 1 END) AS is_quick,
        MAX(CASE WHEN gaps <= 4 THEN days END) - MIN(days) AS second_to_fourth,
        MAX(CASE WHEN days <= 120 THEN days END) AS in_120_days,
        COUNT(CASE WHEN days <= 120 THEN 1 END) AS gaps_of_120_days,
        MAX(CASE WHEN days <= 180 THEN days END) AS in_180_days,
        COUNT(CASE WHEN days <= 180 THEN 1 END) AS gaps_of_180_days
    FROM back
    WHERE gaps > 0
    GROUP BY customer_id
),

recent AS (
    SELECT
        customer_id,
        CASE
            WHEN newest > 120 AND gaps < 5 THEN newest
            WHEN newest > 120 THEN second_to_fourth
            WHEN is_quick THEN in_120_days
            ELSE in_180_days
        END AS days,
        CASE
            WHEN newest > 120 AND gaps < 5 THEN 1
            WHEN newest > 120 THEN 3
            WHEN is_quick THEN gaps_of_120_days
            ELSE gaps_of_180_days
        END AS gaps
    FROM rhythms
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
