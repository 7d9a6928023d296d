-- Who was on the list of calls of a reference day. Written with the end of the run: a night that failed rings nobody.
CREATE TABLE called (
    day INTEGER NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customer ON DELETE CASCADE,
    PRIMARY KEY (day, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX called_twice ON called (customer_id, day);

-- The reference day of the last list that a manager was sent.
CREATE TABLE mailed_list (
    manager TEXT PRIMARY KEY,                       -- as the settings name them
    day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mailed_list_twice ON mailed_list (day, manager);
