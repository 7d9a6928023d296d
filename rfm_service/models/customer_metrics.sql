-- customer_metrics: one row per customer with a purchase inside the horizon
-- recency: days from the last purchase to :reference_day · frequency: orders · monetary: kopecks, net of returns
-- average_order: kopecks · first_day, last_day: day numbers
SELECT
    customer_id,
    CAST(:reference_day - MAX(day) AS BIGINT) AS recency,
    CAST(COUNT(DISTINCT order_id) AS BIGINT) AS frequency,
    CAST(SUM(amount) AS BIGINT) AS monetary,
    CAST(ROUND(CAST(SUM(amount) AS DOUBLE) / COUNT(DISTINCT order_id)) AS BIGINT) AS average_order,
    CAST(MIN(day) AS BIGINT) AS first_day,
    CAST(MAX(day) AS BIGINT) AS last_day
FROM purchases
GROUP BY customer_id
