-- corrected_days: one row per day that came to differ in the ERP since the last report, the newest first
-- added, changed, removed: documents, of every look at the day · amount_before, amount_after: kopecks of all its lines
WITH numbered AS (
    SELECT
        day,
        added,
        changed,
        removed,
        amount_before,
        amount_after,
        ROW_NUMBER() OVER (PARTITION BY day ORDER BY moment ASC) AS from_first,
        ROW_NUMBER() OVER (PARTITION BY day ORDER BY moment DESC) AS from_last
    FROM sync_change
)

SELECT
    day,
    CAST(SUM(added) AS BIGINT) AS added,
    CAST(SUM(changed) AS BIGINT) AS changed,
    CAST(SUM(removed) AS BIGINT) AS removed,
    CAST(SUM(CASE WHEN from_first = 1 THEN amount_before END) AS BIGINT) AS amount_before,
    CAST(SUM(CASE WHEN from_last = 1 THEN amount_after END) AS BIGINT) AS amount_after
FROM numbered
GROUP BY day
ORDER BY day DESC
