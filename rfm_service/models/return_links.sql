-- return_links: how the returns of the horizon found their sales, surest first
-- link: kinds.Link · lines: return lines, of which at least a part was found so · amount: kopecks taken back
SELECT
    link,
    CAST(COUNT(*) AS BIGINT) AS lines,
    CAST(SUM(amount) AS BIGINT) AS amount
FROM (
    SELECT
        link,
        return_document_id,
        return_position,
        SUM(amount) AS amount
    FROM return_match
    WHERE back_kind = 2 AND return_day >= :first_day AND return_day < :reference_day
    GROUP BY link, return_document_id, return_position
) AS return_lines
GROUP BY link
ORDER BY link
