-- segment_tiers: one row per segment and tier that has customers
-- orders: sum of frequencies · monetary: kopecks
SELECT
    segment,
    tier,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(frequency) AS BIGINT) AS orders,
    CAST(SUM(monetary) AS BIGINT) AS monetary
FROM customers
GROUP BY segment, tier
ORDER BY segment, tier
