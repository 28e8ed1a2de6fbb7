-- One row per thing kept. The body is the thing itself; the other columns are what it is found by.
CREATE TABLE records (
    collection TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    parent     TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE INDEX records_by_account ON records (collection, account, id);
CREATE INDEX records_by_parent  ON records (collection, parent, id);
CREATE INDEX records_by_label   ON records (collection, label, id);

-- Every mutating call, each entry chained to the one before by its hash.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    body     BLOB NOT NULL,
    hash     BLOB NOT NULL
);
