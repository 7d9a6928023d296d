-- unbalanced_days: days whose accounts do not add up to what was received, in lines or in kopecks
-- none in a sound store
SELECT ledger.day
FROM ledger
LEFT JOIN day_account ON ledger.day = day_account.day
GROUP BY ledger.day, ledger.lines, ledger.amount
HAVING
    COALESCE(SUM(day_account.lines), 0) <> ledger.lines
    OR COALESCE(SUM(day_account.amount), 0) <> ledger.amount
ORDER BY ledger.day
