-- falls: one row per customer: the first reference day on which it is in a worse segment if it buys nothing
-- fall_segment: '' outside the horizon
WITH worse AS (
    SELECT
        silent_segments.customer_id,
        silent_segments.day,
        silent_segments.segment,
        ROW_NUMBER() OVER (PARTITION BY silent_segments.customer_id ORDER BY silent_segments.day) AS place
    FROM silent_segments
    INNER JOIN customers ON silent_segments.customer_id = customers.customer_id
    INNER JOIN ranks ON customers.segment = ranks.segment
    INNER JOIN ranks AS later ON silent_segments.segment = later.segment
    WHERE ranks.rank < later.rank
)

SELECT
    customer_id,
    day AS fall_day,
    segment AS fall_segment
FROM worse
WHERE place = 1
