-- product_totals: one row per product name bought inside the horizon, its features together
-- monetary: kopecks, net of returns · orders: that hold it
WITH returned AS (
    SELECT
        sale_document_id AS document_id,
        sale_position AS position,
        SUM(quantity) AS quantity,
        SUM(amount) AS amount
    FROM return_match
    GROUP BY sale_document_id, sale_position
),

sold AS (
    SELECT
        product.name AS product,
        purchases.order_id,
        SUM(line.amount - COALESCE(returned.amount, 0)) AS amount
    FROM line
    INNER JOIN document ON line.document_id = document.document_id
    INNER JOIN purchases ON line.day = purchases.day AND document.order_id = purchases.order_id
    INNER JOIN product ON line.product_id = product.product_id
    LEFT JOIN returned ON line.document_id = returned.document_id AND line.position = returned.position
    WHERE line.quantity > COALESCE(returned.quantity, 0) OR line.amount > COALESCE(returned.amount, 0)
    GROUP BY product.name, purchases.order_id
)

SELECT
    product,
    CAST(SUM(amount) AS BIGINT) AS monetary,
    CAST(COUNT(*) AS BIGINT) AS orders
FROM sold
GROUP BY product
ORDER BY monetary DESC, product ASC
