-- The files that a day was imported from; '' where the ERP gave it.
DROP INDEX ledger_twice;
ALTER TABLE ledger ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE INDEX ledger_twice ON ledger (
    sealed, lines, amount, sha256, rules, fetched_at, changed_at, content, origin
);
