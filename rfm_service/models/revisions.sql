-- revisions: one row per closed month with a report on the day after it, and pair of segments
-- published: as that report said · corrected: as it is known by now; '' outside the horizon · customers
WITH published_months AS (
    SELECT DISTINCT month
    FROM published_snapshots
),

compared AS (
    SELECT
        published_snapshots.month,
        published_snapshots.segment AS published,
        COALESCE(classified_snapshots.segment, '') AS corrected
    FROM published_snapshots
    LEFT JOIN classified_snapshots
        ON
            published_snapshots.month = classified_snapshots.month
            AND published_snapshots.customer_id = classified_snapshots.customer_id
    UNION ALL
    SELECT
        classified_snapshots.month,
        '' AS published,
        classified_snapshots.segment AS corrected
    FROM classified_snapshots
    INNER JOIN published_months ON classified_snapshots.month = published_months.month
    LEFT JOIN published_snapshots
        ON
            classified_snapshots.month = published_snapshots.month
            AND classified_snapshots.customer_id = published_snapshots.customer_id
    WHERE published_snapshots.customer_id IS NULL
)

SELECT
    month,
    published,
    corrected,
    CAST(COUNT(*) AS BIGINT) AS customers
FROM compared
GROUP BY month, published, corrected
ORDER BY month, published, corrected
