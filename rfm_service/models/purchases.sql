-- purchases: one row per day, customer and order with something left after returns, inside the horizon
-- day: day number · amount: kopecks, net of returns · items: distinct products
SELECT
    day,
    customer_id,
    order_id,
    amount,
    items
FROM orders
WHERE purchase = 1
