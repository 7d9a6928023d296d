-- cohort_segments: one row per month of first purchase and segment at the end of the last closed month
-- monetary: kopecks, inside the horizon
SELECT
    customer_months.cohort,
    classified_snapshots.segment,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(classified_snapshots.monetary) AS BIGINT) AS monetary
FROM classified_snapshots
INNER JOIN customer_months
    ON classified_snapshots.customer_id = customer_months.customer_id AND customer_months.month = customer_months.cohort
WHERE classified_snapshots.month = (SELECT MAX(closed_months.month) FROM closed_months)
GROUP BY customer_months.cohort, classified_snapshots.segment
ORDER BY customer_months.cohort, classified_snapshots.segment
