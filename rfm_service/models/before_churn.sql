-- before_churn: one row per window of 3, 7 and 14 days up to the last purchase of customers who churned newly in a
-- closed month · customers: who churned, each time anew · orders, monetary (kopecks): theirs inside the window
WITH churned AS (
    SELECT
        customer_months.customer_id,
        customer_months.last_day
    FROM customer_months
    INNER JOIN closed_months ON customer_months.churn_month = closed_months.month
    WHERE customer_months.next_month > customer_months.churn_month
),

spans AS (
    SELECT 3 AS days
    UNION ALL
    SELECT 7 AS days
    UNION ALL
    SELECT 14 AS days
),

last_purchases AS (
    SELECT
        churned.customer_id,
        churned.last_day,
        churned.last_day - purchases.day AS days_before,
        purchases.order_id,
        purchases.amount
    FROM churned
    INNER JOIN purchases ON churned.customer_id = purchases.customer_id
    WHERE purchases.day > churned.last_day - 14 AND purchases.day <= churned.last_day
),

last_days AS (
    SELECT
        spans.days,
        last_purchases.customer_id,
        last_purchases.last_day,
        COUNT(DISTINCT last_purchases.order_id) AS orders,
        SUM(last_purchases.amount) AS amount
    FROM last_purchases
    CROSS JOIN spans
    WHERE last_purchases.days_before < spans.days
    GROUP BY spans.days, last_purchases.customer_id, last_purchases.last_day
)

SELECT
    CAST(days AS BIGINT) AS days,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount) AS BIGINT) AS monetary
FROM last_days
GROUP BY days
ORDER BY days
