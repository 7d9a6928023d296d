-- waterfall: from everything the ERP sold inside the horizon to what is analysed, step by step; the amounts add up
-- step: order of display · lines: how many lines the step is about · amount: kopecks, negative where taken away
-- unmatched_… stand apart: returns and corrections inside the horizon that found no sale change nothing
WITH sales AS (
    SELECT
        verdict,
        SUM(lines) AS lines,
        SUM(amount) AS amount
    FROM day_account
    WHERE kind NOT IN (2, 3)
    GROUP BY verdict
),

backs AS (
    SELECT
        kind,
        SUM(lines) AS lines,
        SUM(CASE WHEN kind = 3 THEN -amount ELSE amount END) AS amount
    FROM day_account
    WHERE kind IN (2, 3) AND verdict = 0
    GROUP BY kind
),

-- what came off the accepted sales of the horizon, whenever it came back
taken AS (
    SELECT
        back_kind,
        COUNT(*) AS lines,
        SUM(amount) AS amount
    FROM (
        SELECT
            return_match.back_kind,
            return_match.return_document_id,
            return_match.return_position,
            SUM(return_match.amount) AS amount
        FROM return_match
        INNER JOIN line
            ON return_match.sale_document_id = line.document_id AND return_match.sale_position = line.position
        GROUP BY return_match.back_kind, return_match.return_document_id, return_match.return_position
    ) AS back_lines
    GROUP BY back_kind
),

-- what of the returns and corrections of the horizon found a sale, whenever that was
matched AS (
    SELECT
        back_kind,
        COUNT(*) AS lines,
        SUM(amount) AS amount
    FROM (
        SELECT
            back_kind,
            return_document_id,
            return_position,
            SUM(amount) AS amount
        FROM return_match
        WHERE return_day >= :first_day AND return_day < :reference_day
        GROUP BY back_kind, return_document_id, return_position
    ) AS back_lines
    GROUP BY back_kind
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
        18 - verdict AS step,
        CASE verdict
            WHEN 1 THEN 'gift'
            WHEN 2 THEN 'own_company'
            WHEN 3 THEN 'anonymous'
            WHEN 4 THEN 'no_site_id'
            WHEN 5 THEN 'not_a_sale'
            WHEN 10 THEN 'incomplete'
            WHEN 11 THEN 'malformed'
        END AS title,
        lines,
        -amount AS amount
    FROM sales
    WHERE verdict > 0
    UNION ALL
    SELECT
        CASE back_kind WHEN 3 THEN 19 ELSE 20 END AS step,
        CASE back_kind WHEN 3 THEN 'corrections' ELSE 'returns' END AS title,
        lines,
        -amount AS amount
    FROM taken
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
        38 + backs.kind AS step,
        CASE backs.kind WHEN 3 THEN 'unmatched_corrections' ELSE 'unmatched_returns' END AS title,
        backs.lines - COALESCE(matched.lines, 0) AS lines,
        backs.amount - COALESCE(matched.amount, 0) AS amount
    FROM backs
    LEFT JOIN matched ON backs.kind = matched.back_kind
    WHERE backs.lines > COALESCE(matched.lines, 0) OR backs.amount <> COALESCE(matched.amount, 0)
)

SELECT
    title,
    CAST(lines AS BIGINT) AS lines,
    CAST(amount AS BIGINT) AS amount
FROM steps
ORDER BY step
