-- segment_medians: one row per segment that has customers
-- customers · monetary: kopecks · median_…: of its customers (the mean of the middle two), days, orders, kopecks
WITH ranked AS (
    SELECT
        segment,
        recency,
        frequency,
        monetary,
        COUNT(*) OVER (PARTITION BY segment) AS customers,
        2 * ROW_NUMBER() OVER (PARTITION BY segment ORDER BY recency) AS recency_rank,
        2 * ROW_NUMBER() OVER (PARTITION BY segment ORDER BY frequency) AS frequency_rank,
        2 * ROW_NUMBER() OVER (PARTITION BY segment ORDER BY monetary) AS monetary_rank
    FROM customers
)

SELECT
    segment,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(monetary) AS BIGINT) AS monetary,
    AVG(CASE WHEN recency_rank BETWEEN customers AND customers + 2 THEN recency END) AS median_recency,
    AVG(CASE WHEN frequency_rank BETWEEN customers AND customers + 2 THEN frequency END) AS median_frequency,
    AVG(CASE WHEN monetary_rank BETWEEN customers AND customers + 2 THEN monetary END) AS median_monetary
FROM ranked
GROUP BY segment
ORDER BY segment
