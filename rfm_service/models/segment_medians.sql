-- segment_medians: one row per segment that has customers
-- customers · monetary: kopecks · median_…: of its customers (the mean of the middle two), days, orders, kopecks
SELECT
    segment,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(monetary) AS BIGINT) AS monetary,
    CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY recency) AS DOUBLE) AS median_recency,
    CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY frequency) AS DOUBLE) AS median_frequency,
    CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY monetary) AS DOUBLE) AS median_monetary
FROM customers
GROUP BY segment
ORDER BY segment
