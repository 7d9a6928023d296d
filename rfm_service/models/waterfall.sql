-- waterfall: from everything the ERP sold inside the horizon to what is analysed, step by step; the amounts add up
-- step: order of display · lines: how many lines the step is about · amount: kopecks, negative where taken away
-- unmatched_returns stands apart: returns inside the horizon that found no sale subtract nothing
WITH sales AS (
    SELECT
        verdict,
        SUM(lines) AS lines,
        SUM(amount) AS amount
    FROM day_account
    WHERE kind <> 2
    GROUP BY verdict
),

returns AS (
    SELECT
        SUM(lines) AS lines,
        SUM(amount) AS amount
    FROM day_account
    WHERE kind = 2 AND verdict = 0
),

matched_sales AS (
    SELECT COUNT(*) AS lines
    FROM (
        SELECT DISTINCT
            return_match.return_document_id,
            return_match.return_position
        FROM return_match
        INNER JOIN line
            ON return_match.sale_document_id = line.document_id AND return_match.sale_position = line.position
    ) AS return_lines
),

matched_returns AS (
    SELECT
        COUNT(*) AS lines,
        SUM(amount) AS amount
    FROM (
        SELECT
            return_document_id,
            return_position,
            SUM(amount) AS amount
        FROM return_match
        WHERE return_day >= :first_day AND return_day < :reference_day
        GROUP BY return_document_id, return_position
    ) AS return_lines
),

netted AS (
    SELECT
        SUM(amount) AS amount,
        SUM(CASE WHEN purchase = 0 THEN amount ELSE 0 END) AS remainder,
        SUM(CASE WHEN purchase = 0 THEN 1 ELSE 0 END) AS returned_orders
    FROM orders
),

steps AS (
    SELECT
        1 AS step,
        'gross' AS title,
        SUM(lines) AS lines,
        SUM(amount) AS amount
    FROM sales
    UNION ALL
    SELECT
        20 - verdict AS step,
        CASE verdict
            WHEN 1 THEN 'gift'
            WHEN 2 THEN 'own_company'
            WHEN 3 THEN 'anonymous'
            WHEN 4 THEN 'no_site_id'
            WHEN 10 THEN 'incomplete'
            WHEN 11 THEN 'malformed'
        END AS title,
        lines,
        -amount AS amount
    FROM sales
    WHERE verdict > 0
    UNION ALL
    SELECT
        20 AS step,
        'returns' AS title,
        matched_sales.lines,
        netted.amount - sales.amount AS amount
    FROM netted
    CROSS JOIN matched_sales
    INNER JOIN sales ON sales.verdict = 0
    UNION ALL
    SELECT
        21 AS step,
        'returned_remainder' AS title,
        returned_orders AS lines,
        -remainder AS amount
    FROM netted
    WHERE remainder > 0
    UNION ALL
    SELECT
        30 AS step,
        'analysed' AS title,
        sales.lines,
        netted.amount - netted.remainder AS amount
    FROM netted
    INNER JOIN sales ON sales.verdict = 0
    UNION ALL
    SELECT
        40 AS step,
        'unmatched_returns' AS title,
        returns.lines - matched_returns.lines AS lines,
        returns.amount - COALESCE(matched_returns.amount, 0) AS amount
    FROM returns
    CROSS JOIN matched_returns
    WHERE returns.amount > COALESCE(matched_returns.amount, 0)
)

SELECT
    title,
    CAST(lines AS BIGINT) AS lines,
    CAST(amount AS BIGINT) AS amount
FROM steps
ORDER BY step
