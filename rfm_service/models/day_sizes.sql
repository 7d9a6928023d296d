-- day_sizes: one row per day with accepted sale lines
-- lines, documents · amount, quantity: (lower) medians of a line, kopecks and thousandths
WITH ranked AS (
    SELECT
        line.day,
        line.document_id,
        line.amount,
        line.quantity,
        ROW_NUMBER() OVER (PARTITION BY line.day ORDER BY line.amount) AS amount_rank,
        ROW_NUMBER() OVER (PARTITION BY line.day ORDER BY line.quantity) AS quantity_rank,
        COUNT(*) OVER (PARTITION BY line.day) AS lines
    FROM line
    INNER JOIN document ON line.document_id = document.document_id
)

SELECT
    day,
    CAST(MAX(lines) AS BIGINT) AS lines,
    CAST(COUNT(DISTINCT document_id) AS BIGINT) AS documents,
    CAST(MAX(CASE WHEN 2 * amount_rank IN (lines, lines + 1) THEN amount END) AS BIGINT) AS amount,
    CAST(MAX(CASE WHEN 2 * quantity_rank IN (lines, lines + 1) THEN quantity END) AS BIGINT) AS quantity
FROM ranked
GROUP BY day
ORDER BY day
