-- goods_lines: every line of a customer's product of which something came back or was corrected
-- owner_id: whose purchases it changes: a return that names the sale of another customer counts against that one
-- gift: 1 where it takes part as a gift; a return is one by its amount, :gift_below kopecks
-- base_known, order_known: 1 where there is a sale with the key base_key, with this order
WITH named AS (
    SELECT DISTINCT base_key
    FROM lines
    WHERE base_key <> ''
),

sales AS (
    SELECT
        lines.document_key,
        lines.customer_id,
        ROW_NUMBER() OVER (
            PARTITION BY lines.document_key
            ORDER BY lines.day DESC, lines.document_id ASC, lines.position ASC
        ) AS place
    FROM lines
    INNER JOIN named ON lines.document_key = named.base_key
    WHERE lines.kind = 1
),

owned AS (
    SELECT
        COALESCE(sales.customer_id, lines.customer_id) AS owner_id,
        lines.product_id,
        lines.kind,
        lines.day,
        lines.document_id,
        lines.position,
        lines.quantity,
        lines.amount,
        lines.verdict,
        lines.order_id,
        lines.document_key,
        lines.base_key,
        lines.link,
        CASE WHEN sales.customer_id IS NULL THEN 0 ELSE 1 END AS base_known
    FROM lines
    LEFT JOIN sales ON lines.base_key = sales.document_key AND sales.place = 1
),

backs AS (
    SELECT DISTINCT
        owner_id,
        product_id
    FROM owned
    WHERE kind IN (2, 3) AND verdict = 0
),

back_orders AS (
    SELECT DISTINCT order_id
    FROM lines
    WHERE kind IN (2, 3) AND order_id <> 0
),

-- of them those that there is a sale of
known_orders AS (
    SELECT DISTINCT lines.order_id
    FROM lines
    INNER JOIN back_orders ON lines.order_id = back_orders.order_id
    WHERE lines.kind = 1
)

SELECT
    owned.owner_id,
    owned.product_id,
    owned.kind,
    owned.day,
    owned.document_id,
    owned.position,
    owned.quantity,
    owned.amount,
    CASE
        WHEN owned.kind = 1 AND owned.verdict = 1 THEN 1
        WHEN owned.kind = 2 AND owned.amount < :gift_below THEN 1
        ELSE 0
    END AS gift,
    owned.order_id,
    owned.document_key AS key,
    owned.base_key,
    owned.link AS base_link,
    owned.base_known,
    CASE WHEN known_orders.order_id IS NULL THEN 0 ELSE 1 END AS order_known
FROM owned
INNER JOIN backs ON owned.owner_id = backs.owner_id AND owned.product_id = backs.product_id
LEFT JOIN known_orders ON owned.order_id = known_orders.order_id
WHERE (owned.kind = 1 AND owned.verdict IN (0, 1)) OR (owned.kind IN (2, 3) AND owned.verdict = 0)
