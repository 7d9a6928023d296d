-- segment_months: one row per month of snapshot_months and segment with customers at its end
-- buyers: customers who bought in the month · monetary: kopecks, of the month
SELECT
    month,
    segment,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(CASE WHEN month_frequency > 0 THEN 1 ELSE 0 END) AS BIGINT) AS buyers,
    CAST(SUM(month_monetary) AS BIGINT) AS monetary
FROM classified_snapshots
GROUP BY month, segment
ORDER BY month, segment
