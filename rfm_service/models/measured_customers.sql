-- measured_customers: one row per customer with a purchase inside the horizon: the card and every measure
-- recency, order_interval: days · monetary, average_order, two_month_sum, month_monetary: kopecks
-- first_day, last_day: day numbers · month_…: of the last calendar month alone
SELECT
    customer_metrics.customer_id,
    customer.key,
    customer.name AS buyer,
    customer.email,
    customer.category,
    customer.manager,
    customer_metrics.recency,
    customer_metrics.frequency,
    customer_metrics.monetary,
    COALESCE(order_intervals.order_interval, 0) AS order_interval,
    two_month_sums.two_month_sum,
    customer_metrics.average_order,
    customer_metrics.first_day,
    customer_metrics.last_day,
    COALESCE(month_metrics.month_frequency, 0) AS month_frequency,
    COALESCE(month_metrics.month_monetary, 0) AS month_monetary
FROM customer_metrics
INNER JOIN customer ON customer_metrics.customer_id = customer.customer_id
INNER JOIN two_month_sums ON customer_metrics.customer_id = two_month_sums.customer_id
LEFT JOIN order_intervals ON customer_metrics.customer_id = order_intervals.customer_id
LEFT JOIN month_metrics ON customer_metrics.customer_id = month_metrics.customer_id
