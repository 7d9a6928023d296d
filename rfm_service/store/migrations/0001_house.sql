-- Money is kopecks, quantity is thousandths of a unit, a day is days since 1970-01-01, a moment is UTC text to the second.

-- What the ERP delivered ---------------------------------------------------------------------------------------------

-- A key is the ERP's own, or the name where it gives none: a renamed customer stays one customer.

CREATE TABLE customer (
    customer_id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    manager TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE product (
    product_id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    feature_key TEXT NOT NULL,
    name TEXT NOT NULL,
    feature TEXT NOT NULL,
    UNIQUE (key, feature_key)
) STRICT;

CREATE TABLE contractor (
    contractor_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE address (
    address_id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- An order of a customer, whichever documents ship it. Numbers begin anew every year. A document without an order is its
-- own order, under its own number and month (month 0: a real order). The key is the ERP's own, or ''.
CREATE TABLE order_ref (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer,
    number TEXT NOT NULL,
    year INTEGER NOT NULL,
    month INTEGER NOT NULL CHECK (month BETWEEN 0 AND 12),
    key TEXT NOT NULL,
    UNIQUE (customer_id, number, year, month, key)
) STRICT;

-- One row per document, order and base on a day: what its lines have in common.
CREATE TABLE document (
    document_id INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    kind INTEGER NOT NULL,                          -- records.Kind
    key TEXT NOT NULL,                              -- records.Header.key
    number TEXT NOT NULL,
    order_id INTEGER REFERENCES order_ref,          -- NULL: no sale, and names no order
    order_number TEXT NOT NULL,                     -- as delivered: '' when the document names no order
    order_day INTEGER NOT NULL,                     -- -1 when not given
    order_key TEXT NOT NULL,
    base_key TEXT NOT NULL,                         -- of the sale it is about, or ''
    base_link INTEGER NOT NULL,                     -- records.Link: where that was found
    customer_id INTEGER NOT NULL REFERENCES customer,
    owner_id INTEGER NOT NULL REFERENCES customer,  -- derived: whose purchases it changes
    contractor_id INTEGER NOT NULL REFERENCES contractor,
    site_id TEXT NOT NULL,
    address_id INTEGER NOT NULL REFERENCES address
) STRICT;
CREATE INDEX document_by_day ON document (day);
CREATE INDEX document_by_order ON document (order_id);
CREATE INDEX document_by_key ON document (key);
CREATE INDEX document_by_owner ON document (owner_id, kind);
CREATE INDEX document_by_base ON document (base_key) WHERE base_key <> '';
-- Returns and corrections that name an order but not its date: which order is meant is derived.
CREATE INDEX document_undated ON document (customer_id, order_number)
    WHERE kind IN (2, 3) AND order_number <> '' AND order_day = -1 AND order_key = '';

CREATE TABLE line (
    day INTEGER NOT NULL,
    document_id INTEGER NOT NULL,                   -- no REFERENCES: without an index of its own each check is a scan
    position INTEGER NOT NULL,                      -- in the day's answer, from 0
    product_id INTEGER NOT NULL REFERENCES product,
    quantity INTEGER NOT NULL,                      -- records.SaleLine says which are signed
    amount INTEGER NOT NULL,
    verdict INTEGER NOT NULL,                       -- records.Verdict
    PRIMARY KEY (day, document_id, position)
) STRICT, WITHOUT ROWID;

-- Lines that were refused, kept whole.
CREATE TABLE quarantine (
    day INTEGER NOT NULL,
    position INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    field TEXT NOT NULL,
    amount INTEGER NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (day, position)
) STRICT, WITHOUT ROWID;

-- What is known of every day -----------------------------------------------------------------------------------------

CREATE TABLE ledger (
    day INTEGER PRIMARY KEY,
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),   -- 0: to be read again at the next chance
    lines INTEGER NOT NULL,                         -- received, whatever cleaning said of them
    amount INTEGER NOT NULL,
    sha256 TEXT NOT NULL,                           -- of the rows as delivered
    rules TEXT NOT NULL,                            -- fingerprint of the cleaning rules applied
    fetched_at TEXT NOT NULL,                       -- the last time the ERP gave these rows
    changed_at TEXT NOT NULL,                       -- the last time the rows differed
    content TEXT NOT NULL DEFAULT ''                -- SHA-256 of the rows as stored: damage to one of them shows
) STRICT;

-- Answers that were not believed: the day shrank too much. What was known of it is kept meanwhile.
CREATE TABLE suspect (
    day INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    lines INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    held_at TEXT NOT NULL,                          -- when this answer was seen first
    accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1))   -- a person said that it is right
) STRICT;

-- Documents of a day that have turned up on another one since; the day is not sealed until it was read again.
CREATE TABLE left_behind (
    day INTEGER NOT NULL,
    key TEXT NOT NULL,                              -- records.Header.key
    PRIMARY KEY (day, key)
) STRICT, WITHOUT ROWID;

-- How a known day came to differ.
CREATE TABLE sync_change (
    moment TEXT NOT NULL,
    day INTEGER NOT NULL,
    added INTEGER NOT NULL,                         -- documents
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    amount_before INTEGER NOT NULL,                 -- of all lines, whichever way they count
    amount_after INTEGER NOT NULL,
    PRIMARY KEY (moment, day)
) STRICT, WITHOUT ROWID;

-- received = the sum of a day's accounts, in lines and in kopecks.
CREATE TABLE day_account (
    day INTEGER NOT NULL REFERENCES ledger ON DELETE CASCADE,
    kind INTEGER NOT NULL,                          -- 0 where the line could not be read
    verdict INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, kind, verdict)
) STRICT, WITHOUT ROWID;

-- Derived from the above, in the same transaction --------------------------------------------------------------------

-- How much of a return or a correction counts against which sale line; negative where a correction added to it.
CREATE TABLE return_match (
    owner_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,                      -- of the sale
    sale_day INTEGER NOT NULL,
    sale_document_id INTEGER NOT NULL,
    sale_position INTEGER NOT NULL,
    return_day INTEGER NOT NULL,
    return_document_id INTEGER NOT NULL,
    return_position INTEGER NOT NULL,
    link INTEGER NOT NULL,                          -- records.Link
    quantity INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (owner_id, product_id, sale_document_id, sale_position, return_document_id, return_position)
) STRICT, WITHOUT ROWID;

-- What a customer bought on a day under one order, net of matched returns. An order that shipped on two days has two rows.
CREATE TABLE orders (
    day INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,                        -- net
    items INTEGER NOT NULL,                         -- distinct products with something left
    purchase INTEGER NOT NULL CHECK (purchase IN (0, 1)),   -- 0: everything came back
    PRIMARY KEY (day, customer_id, order_id)
) STRICT, WITHOUT ROWID;

-- What is remembered of the ERP's catalogs ---------------------------------------------------------------------------

CREATE TABLE catalog_entry (
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    fields TEXT NOT NULL,                           -- JSON
    fetched_at TEXT NOT NULL,
    PRIMARY KEY (entity, key)
) STRICT, WITHOUT ROWID;

-- The service's own work ---------------------------------------------------------------------------------------------

-- A night is known by its reference day: the day it ran on, the first day not looked at.
CREATE TABLE run (
    run_id TEXT PRIMARY KEY,
    reference_day INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'parked')),   -- parked: not tried again by itself
    settings TEXT NOT NULL,                         -- fingerprint: a run goes on only under the settings it began with
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT '',
    retry_at TEXT NOT NULL DEFAULT '',              -- a failed night is tried again then
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX run_by_reference_day ON run (reference_day);

CREATE TABLE step (
    run_id TEXT NOT NULL REFERENCES run ON DELETE CASCADE,
    step TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    started_at TEXT NOT NULL,
    deaths INTEGER NOT NULL,                        -- how often it began and did not end by itself
    seconds REAL NOT NULL DEFAULT 0,
    peak_mib INTEGER NOT NULL DEFAULT 0,
    receipt TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, step)
) STRICT;

-- A night that a person asked for.
CREATE TABLE wish (
    reference_day INTEGER PRIMARY KEY,
    asked_at TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
    message_id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,                          -- a channel and who is there: "telegram:1001"
    lane INTEGER NOT NULL,                          -- records.Lane
    topic TEXT NOT NULL,                            -- equal topics to one address are told together; '': each by itself
    message TEXT NOT NULL,                          -- records.Message as JSON
    repeats INTEGER NOT NULL DEFAULT 1,             -- how often it was said since it was last sent
    created_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused')),
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    settled_at TEXT NOT NULL DEFAULT '',            -- when it was sent or refused
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_try_at) WHERE state = 'waiting';
CREATE INDEX outbox_by_topic ON outbox (address, topic) WHERE topic <> '';

-- Addresses that want to hear nothing but answers for a while.
CREATE TABLE muted (
    address TEXT PRIMARY KEY,
    until TEXT NOT NULL
) STRICT;

-- What people wrote to the bot. A row is written before anything is done about it.
CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL,                             -- of a button that was pressed
    sent_at INTEGER NOT NULL,                       -- Unix seconds, by Telegram's clock
    received_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'ignored'))
) STRICT;
CREATE INDEX inbox_waiting ON inbox (update_id) WHERE state = 'waiting';

CREATE TABLE spool (
    run_id TEXT NOT NULL,
    folder TEXT NOT NULL,                           -- the destination
    name TEXT NOT NULL,                             -- of the subfolder that appears there
    created_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'published')),
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, folder)
) STRICT, WITHOUT ROWID;

-- Customers that were erased. Their names are not here: only a hash under a key that never leaves this file.
CREATE TABLE forgotten (
    mark TEXT PRIMARY KEY,                          -- of a name, or of the ERP's key
    customer_id INTEGER NOT NULL REFERENCES customer
) STRICT, WITHOUT ROWID;

CREATE TABLE own_secret (
    secret BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Everything twice ---------------------------------------------------------------------------------------------------

-- What is small or precious stands in a table and, with every column, in an index: SQLite's integrity_check compares the
-- two, so a byte that changes on the disk is seen. Documents, lines and quarantine are sealed by day (ledger.content),
-- accounts add up to the ledger; contractor, address and order_ref have such an index by their UNIQUE.
CREATE INDEX customer_twice ON customer (key, name, email, category, manager);
CREATE INDEX product_twice ON product (key, feature_key, name, feature);
CREATE INDEX ledger_twice ON ledger (sealed, lines, amount, sha256, rules, fetched_at, changed_at, content);
CREATE INDEX suspect_twice ON suspect (sha256, lines, amount, held_at, accepted);
CREATE INDEX left_behind_twice ON left_behind (key, day);
CREATE INDEX sync_change_twice ON sync_change (moment, day, added, changed, removed, amount_before, amount_after);
CREATE INDEX return_match_twice ON return_match (
    order_id, owner_id, product_id, sale_document_id, sale_position, return_document_id, return_position,
    sale_day, return_day, link, quantity, amount
);
CREATE INDEX orders_twice ON orders (day, customer_id, order_id, amount, items, purchase);
CREATE INDEX catalog_entry_twice ON catalog_entry (entity, key, fetched_at, fields);
CREATE INDEX run_twice ON run (run_id, reference_day, state, settings, started_at, ended_at, retry_at, error);
CREATE INDEX step_twice ON step (run_id, step, state, started_at, deaths, seconds, peak_mib, receipt, error);
CREATE INDEX wish_twice ON wish (reference_day, asked_at);
CREATE INDEX outbox_twice ON outbox (
    address, lane, topic, message, repeats, created_at, state, tries, next_try_at, settled_at, error
);
CREATE INDEX muted_twice ON muted (address, until);
CREATE INDEX inbox_twice ON inbox (update_id, user_id, chat_id, text, data, sent_at, received_at, state);
CREATE INDEX spool_twice ON spool (run_id, folder, name, created_at, state, tries, next_try_at, error);
CREATE INDEX forgotten_twice ON forgotten (customer_id, mark);
