-- customer_products: one row per customer, product name and category bought inside the horizon, its features together
-- product_category: "" where it is unknown
-- monetary: kopecks, net of returns
WITH returned AS (
    SELECT
        sale_document_id AS document_id,
        sale_position AS position,
        SUM(quantity) AS quantity,
        SUM(amount) AS amount
    FROM return_match
    GROUP BY sale_document_id, sale_position
)

SELECT
    purchases.customer_id,
    product.name AS product,
    product.product_category,
    CAST(SUM(line.amount - COALESCE(returned.amount, 0)) AS BIGINT) AS monetary
FROM line
INNER JOIN document ON line.document_id = document.document_id
INNER JOIN purchases ON line.day = purchases.day AND document.order_id = purchases.order_id
INNER JOIN product ON line.product_id = product.product_id
LEFT JOIN returned ON line.document_id = returned.document_id AND line.position = returned.position
WHERE line.quantity > COALESCE(returned.quantity, 0) OR line.amount > COALESCE(returned.amount, 0)
GROUP BY purchases.customer_id, product.name, product.product_category
