-- transitions: one row per month of snapshot_months but the first, and pair of segments that customers went between
-- before, after: segments at the ends of the month before and of the month, '' without a purchase inside the horizon
-- amount_before, amount_after: kopecks, bought in the month before and in the month
WITH moves AS (
    SELECT
        COALESCE(later.month, earlier.month + 1) AS month,
        COALESCE(earlier.segment, '') AS before,
        COALESCE(later.segment, '') AS after,
        COALESCE(earlier.month_monetary, 0) AS amount_before,
        COALESCE(later.month_monetary, 0) AS amount_after
    FROM classified_snapshots AS earlier
    FULL JOIN classified_snapshots AS later
        ON earlier.customer_id = later.customer_id AND earlier.month + 1 = later.month
)

SELECT
    moves.month,
    moves.before,
    moves.after,
    CAST(COUNT(*) AS BIGINT) AS customers,
    CAST(SUM(moves.amount_before) AS BIGINT) AS amount_before,
    CAST(SUM(moves.amount_after) AS BIGINT) AS amount_after
FROM moves
INNER JOIN snapshot_months AS this_month ON moves.month = this_month.month
INNER JOIN snapshot_months AS last_month ON moves.month = last_month.month + 1
GROUP BY moves.month, moves.before, moves.after
ORDER BY moves.month, moves.before, moves.after
