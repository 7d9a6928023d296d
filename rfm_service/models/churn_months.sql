-- churn_months: one row per closed month
-- active, at_risk, churned: customers whose last purchase was at most 60, 61 to 90, more days before the first day
-- after the month · newly_churned: of them, who were not at the end of the month before
-- buyers, monetary: of the month, kopecks · at_risk_monetary: kopecks, what those at risk bought inside the horizon, of
-- the months of snapshot_months only
-- loss: kopecks, expected of the next month (docs/formulas.md)
WITH silences AS (
    SELECT
        month,
        risk_month,
        churn_month,
        next_month,
        COUNT(*) AS customers
    FROM customer_months
    GROUP BY month, risk_month, churn_month, next_month
),

counted AS (
    SELECT
        closed_months.month,
        SUM(CASE WHEN closed_months.month < silences.risk_month THEN silences.customers ELSE 0 END) AS active,
        SUM(CASE WHEN closed_months.month < silences.churn_month THEN silences.customers ELSE 0 END) AS not_churned,
        SUM(CASE WHEN closed_months.month >= silences.churn_month THEN silences.customers ELSE 0 END) AS churned,
        SUM(CASE WHEN closed_months.month = silences.churn_month THEN silences.customers ELSE 0 END) AS newly_churned
    FROM closed_months
    LEFT JOIN silences ON closed_months.month >= silences.month AND closed_months.month < silences.next_month
    GROUP BY closed_months.month
),

shares AS (
    SELECT
        month,
        active,
        not_churned - active AS at_risk,
        churned,
        newly_churned,
        CAST(newly_churned AS DOUBLE) / NULLIF(LAG(not_churned) OVER (ORDER BY month), 0) AS churned_share
    FROM counted
),

-- of this month and the two before it; added in one order, so that every engine rounds alike
last_shares AS (
    SELECT
        month,
        active,
        at_risk,
        churned,
        newly_churned,
        churned_share,
        LAG(churned_share, 1) OVER (ORDER BY month) AS share_before,
        LAG(churned_share, 2) OVER (ORDER BY month) AS share_before_that
    FROM shares
),

mean_shares AS (
    SELECT
        month,
        active,
        at_risk,
        churned,
        newly_churned,
        (COALESCE(share_before_that, 0) + COALESCE(share_before, 0) + COALESCE(churned_share, 0))
        / NULLIF(
            CASE WHEN share_before_that IS NULL THEN 0 ELSE 1 END
            + CASE WHEN share_before IS NULL THEN 0 ELSE 1 END
            + CASE WHEN churned_share IS NULL THEN 0 ELSE 1 END,
            0
        ) AS churned_share
    FROM last_shares
),

sales AS (
    SELECT
        month,
        COUNT(*) AS buyers,
        SUM(monetary) AS monetary
    FROM customer_months
    GROUP BY month
),

risks AS (
    SELECT
        month,
        SUM(monetary) AS monetary
    FROM snapshots
    WHERE recency BETWEEN 61 AND 90
    GROUP BY month
)

SELECT
    mean_shares.month,
    CAST(mean_shares.active AS BIGINT) AS active,
    CAST(mean_shares.at_risk AS BIGINT) AS at_risk,
    CAST(mean_shares.churned AS BIGINT) AS churned,
    CAST(mean_shares.newly_churned AS BIGINT) AS newly_churned,
    CAST(COALESCE(sales.buyers, 0) AS BIGINT) AS buyers,
    CAST(COALESCE(sales.monetary, 0) AS BIGINT) AS monetary,
    CAST(COALESCE(risks.monetary, 0) AS BIGINT) AS at_risk_monetary,
    CAST(
        COALESCE(
            ROUND(
                mean_shares.active
                * mean_shares.churned_share
                * CAST(sales.monetary AS DOUBLE) / sales.buyers
            ),
            0
        ) AS BIGINT
    ) AS loss
FROM mean_shares
LEFT JOIN sales ON mean_shares.month = sales.month
LEFT JOIN risks ON mean_shares.month = risks.month
ORDER BY mean_shares.month
