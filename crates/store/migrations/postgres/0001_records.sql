-- One row per thing kept. The body is the thing itself; the other columns are what it is found by.
-- Texts are compared byte by byte ("C"), so that listings have the order of the embedded store.
CREATE TABLE records (
    collection TEXT   COLLATE "C" NOT NULL,
    id         TEXT   COLLATE "C" NOT NULL,
    account    TEXT   COLLATE "C" NOT NULL,
    parent     TEXT   COLLATE "C" NOT NULL,
    label      TEXT   COLLATE "C" NOT NULL,
    revision   BIGINT NOT NULL,
    body       BYTEA  NOT NULL,
    PRIMARY KEY (collection, id)
);
CREATE INDEX records_by_account ON records (collection, account, id);
CREATE INDEX records_by_parent  ON records (collection, parent, id);
CREATE INDEX records_by_label   ON records (collection, label, id);

-- Every mutating call, each entry chained to the one before by its hash.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    body     BYTEA NOT NULL,
    hash     BYTEA NOT NULL
);
