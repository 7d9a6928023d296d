-- net_orders: one row per day, customer and order, net of what came back; what the store keeps as `orders`
-- amount: kopecks · items: distinct products with something left · purchase: 0 where everything came back
WITH back AS (
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
        lines.day,
        lines.customer_id,
        lines.order_id,
        lines.product_id,
        lines.quantity,
        lines.amount,
        COALESCE(back.quantity, 0) AS back_quantity,
        COALESCE(back.amount, 0) AS back_amount
    FROM lines
    LEFT JOIN back ON lines.document_id = back.document_id AND lines.position = back.position
    WHERE lines.kind = 1 AND lines.verdict = 0
),

sums AS (
    SELECT
        day,
        customer_id,
        order_id,
        SUM(quantity) AS quantity,
        SUM(amount) AS amount,
        SUM(back_quantity) AS back_quantity,
        SUM(back_amount) AS back_amount,
        COUNT(DISTINCT CASE WHEN quantity > back_quantity THEN product_id END) AS items
    FROM sold
    GROUP BY day, customer_id, order_id
)

SELECT
    day,
    customer_id,
    order_id,
    CAST(amount - back_amount AS BIGINT) AS amount,
    CAST(items AS BIGINT) AS items,
    CAST(CASE
        WHEN quantity > 0 AND quantity > back_quantity THEN 1
        WHEN quantity <= 0 AND amount > back_amount THEN 1
        ELSE 0
    END AS BIGINT) AS purchase
FROM sums
