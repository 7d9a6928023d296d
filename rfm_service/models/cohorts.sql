-- cohorts: one row per month of first purchase and closed month in which customers of that cohort bought
-- size: customers of the cohort · buyers: of them, in the month · monetary: kopecks, of the month
WITH sizes AS (
    SELECT
        cohort,
        COUNT(*) AS size
    FROM customer_months
    WHERE month = cohort
    GROUP BY cohort
)

SELECT
    customer_months.cohort,
    customer_months.month,
    CAST(sizes.size AS BIGINT) AS size,
    CAST(COUNT(*) AS BIGINT) AS buyers,
    CAST(SUM(customer_months.monetary) AS BIGINT) AS monetary
FROM customer_months
INNER JOIN closed_months ON customer_months.month = closed_months.month
INNER JOIN sizes ON customer_months.cohort = sizes.cohort
GROUP BY customer_months.cohort, customer_months.month, sizes.size
ORDER BY customer_months.cohort, customer_months.month
