-- category_preferences: one row per segment at the end of the last closed month and category it prefers, ten at most
-- buyers: customers of the segment who bought of it, three at least · monetary: kopecks, inside the horizon
-- index: the category's share of the segment's money, per cent of its share of all money; more than 100
-- Of products whose category is known: others are in no share.
WITH bought AS (
    SELECT
        classified_snapshots.segment,
        customer_products.product_category,
        COUNT(DISTINCT customer_products.customer_id) AS buyers,
        SUM(customer_products.monetary) AS monetary
    FROM customer_products
    INNER JOIN classified_snapshots ON customer_products.customer_id = classified_snapshots.customer_id
    WHERE
        classified_snapshots.month = (SELECT MAX(closed_months.month) FROM closed_months)
        AND customer_products.product_category <> ''
    GROUP BY classified_snapshots.segment, customer_products.product_category
),

totals AS (
    SELECT
        segment,
        product_category,
        buyers,
        monetary,
        CAST(SUM(monetary) OVER (PARTITION BY segment) AS DOUBLE) AS of_segment,
        CAST(SUM(monetary) OVER (PARTITION BY product_category) AS DOUBLE) AS of_category,
        CAST(SUM(monetary) OVER () AS DOUBLE) AS of_all
    FROM bought
),

indexes AS (
    SELECT
        segment,
        product_category,
        buyers,
        monetary,
        ROUND(100 * monetary * of_all / (of_segment * of_category)) AS preference
    FROM totals
    WHERE buyers >= 3 AND of_segment > 0 AND of_category > 0
),

ranked AS (
    SELECT
        segment,
        product_category,
        buyers,
        monetary,
        preference,
        ROW_NUMBER() OVER (PARTITION BY segment ORDER BY preference DESC, monetary DESC, product_category ASC) AS place
    FROM indexes
    WHERE preference > 100
)

SELECT
    segment,
    product_category,
    CAST(buyers AS BIGINT) AS buyers,
    CAST(monetary AS BIGINT) AS monetary,
    CAST(preference AS BIGINT) AS index
FROM ranked
WHERE place <= 10
ORDER BY segment, place
