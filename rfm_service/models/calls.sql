-- calls: whom to call today, the most worth first: :most customers at most (docs/formulas.md, "Calls")
-- money_at_risk, worth: kopecks · chance, reachability: thousandths
-- Who falls within :soon_days and is overdue by its own rhythm, and was not on the list (`called`) in the last
-- :quiet_days, unless it has bought since.
WITH at_border AS (
    SELECT
        customers.*,
        CAST(
            (1000 * customers.order_interval - MOD(1000 * customers.order_interval, customers.recency))
            / customers.recency AS BIGINT
        ) AS chance,
        500
        + CASE WHEN customers.manager <> '' THEN 300 ELSE 0 END
        + CASE WHEN customers.email <> '' THEN 200 ELSE 0 END AS reachability
    FROM customers
    WHERE
        customers.fall_day BETWEEN :reference_day + 1 AND :reference_day + :soon_days
        AND customers.overdue > 0
        AND NOT EXISTS (
            SELECT 1
            FROM called
            WHERE
                called.customer_id = customers.customer_id
                AND called.day > :reference_day - :quiet_days
                AND called.day > customers.last_day
        )
),

likely AS (
    SELECT
        *,
        CAST((money_at_risk * chance - MOD(money_at_risk * chance, 1000)) / 1000 AS BIGINT) AS money_in_reach
    FROM at_border
),

weighed AS (
    SELECT
        *,
        CAST((money_in_reach * reachability - MOD(money_in_reach * reachability, 1000)) / 1000 AS BIGINT) AS worth
    FROM likely
),

numbered AS (
    SELECT
        *,
        ROW_NUMBER() OVER (ORDER BY worth DESC, money_at_risk DESC, buyer ASC, customer_id ASC) AS place
    FROM weighed
    WHERE worth > 0
)

SELECT
    customer_id,
    buyer,
    manager,
    email,
    segment,
    money_at_risk,
    chance,
    CAST(reachability AS BIGINT) AS reachability,
    worth,
    fall_day,
    fall_segment,
    order_interval,
    recency,
    monetary
FROM numbered
WHERE place <= :most
ORDER BY place
