-- scheme_moves: one row per pair of segments that a customer has by two schemes; the most money first
-- customers · monetary: kopecks
SELECT
    before,
    after,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(monetary) AS BIGINT) AS monetary
FROM customers
GROUP BY before, after
ORDER BY monetary DESC, before ASC, after ASC
