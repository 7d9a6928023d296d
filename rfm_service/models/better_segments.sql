-- better_segments: one row per customer whom orders can bring into a better segment: the nearest one
-- orders_missing: orders · amount_missing: kopecks · days_missing: days that its recency is beyond the segment's border
-- Who orders has a recency of 1. A cell is a box of measures with one segment: what leads into it least is its corner.
-- Somebody who needs only money or freshness makes an order for it, too: that must not lead elsewhere (one_order).
WITH goals AS (
    SELECT
        customers.customer_id,
        customers.recency,
        cells.segment,
        cells.rank,
        cells.frequency_from,
        cells.monetary_from,
        CASE WHEN customers.average_order > 0 THEN customers.average_order ELSE 1 END AS average_order,
        CASE
            WHEN cells.frequency_from > customers.frequency THEN cells.frequency_from - customers.frequency
            ELSE 0
        END AS orders_missing,
        CASE
            WHEN cells.monetary_from > customers.monetary THEN cells.monetary_from - customers.monetary
            ELSE 0
        END AS amount_missing
    FROM customers
    INNER JOIN ranks ON customers.segment = ranks.segment
    INNER JOIN cells
        ON
            ranks.rank > cells.rank
            AND cells.recency_from <= 1
            AND cells.recency_below > 1
            AND customers.frequency < cells.frequency_below
            AND customers.monetary < cells.monetary_below
    INNER JOIN cells AS one_order
        ON
            cells.recency_from = one_order.recency_from
            AND cells.monetary_from = one_order.monetary_from
            AND customers.frequency + 1 >= one_order.frequency_from
            AND customers.frequency + 1 < one_order.frequency_below
    WHERE cells.frequency_from > customers.frequency OR cells.segment = one_order.segment
),

efforts AS (
    SELECT
        *,
        CAST(
            (amount_missing + average_order - 1 - MOD(amount_missing + average_order - 1, average_order))
            / average_order AS BIGINT
        ) AS orders_for_amount
    FROM goals
),

numbered AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY customer_id
            ORDER BY
                CASE
                    WHEN orders_missing >= orders_for_amount AND orders_missing > 0 THEN orders_missing
                    WHEN orders_for_amount > 0 THEN orders_for_amount
                    ELSE 1
                END,
                amount_missing,
                rank,
                orders_missing,
                segment
        ) AS nearness
    FROM efforts
)

SELECT
    numbered.customer_id,
    numbered.segment AS better_segment,
    CAST(numbered.orders_missing AS BIGINT) AS orders_missing,
    CAST(numbered.amount_missing AS BIGINT) AS amount_missing,
    CAST(
        MIN(
            CASE
                WHEN numbered.recency >= cells.recency_below THEN numbered.recency - cells.recency_below + 1
                ELSE 0
            END
        ) AS BIGINT
    ) AS days_missing
FROM numbered
INNER JOIN cells
    ON
        numbered.segment = cells.segment
        AND numbered.frequency_from = cells.frequency_from
        AND numbered.monetary_from = cells.monetary_from
        AND numbered.recency >= cells.recency_from
WHERE numbered.nearness = 1
GROUP BY numbered.customer_id, numbered.segment, numbered.orders_missing, numbered.amount_missing
