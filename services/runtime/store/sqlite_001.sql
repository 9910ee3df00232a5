-- The log of one service and its memory of the neighbours' logs.
-- A decision is written once: triggers refuse to change or delete one, whoever asks.

CREATE TABLE decisions (
    position INTEGER PRIMARY KEY,          -- from 1, without holes
    decision_id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,              -- the version it was made on
    next_version INTEGER NOT NULL,         -- the version it led to
    data BLOB NOT NULL,                    -- the Decision, as hashed
    leaf BLOB NOT NULL,                    -- SHA-256(0x00 || data)
    UNIQUE (stream, version),              -- of two made on the same version, the first one counts
    CHECK (position > 0 AND version >= 0 AND next_version > version AND length(leaf) = 32)
) STRICT;

CREATE TRIGGER decisions_follow_each_other BEFORE INSERT ON decisions
WHEN NEW.version <> coalesce((
    SELECT next_version FROM decisions WHERE stream = NEW.stream ORDER BY version DESC LIMIT 1
), 0)
BEGIN SELECT RAISE(ABORT, 'the decision was made on another version of its stream'); END;

-- Without this an INSERT OR REPLACE would change a decision without touching it.
CREATE TRIGGER decisions_come_in_order BEFORE INSERT ON decisions
WHEN NEW.position <> coalesce((SELECT max(position) FROM decisions), 0) + 1
    OR EXISTS (SELECT 1 FROM decisions WHERE decision_id = NEW.decision_id)
BEGIN SELECT RAISE(ABORT, 'the decision is there already, or not the next one'); END;

CREATE TRIGGER decisions_never_change BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a decision is never changed'); END;

CREATE TRIGGER decisions_never_go BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a decision is never deleted'); END;

-- The right edge of the Merkle tree: the 32-byte roots of its full subtrees, left to right.
CREATE TABLE frontier (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    recorded_ns INTEGER NOT NULL,          -- when the last decision was recorded
    peaks BLOB NOT NULL
) STRICT;
INSERT INTO frontier VALUES (1, 0, 0, x'');

-- How far each log, and each of its streams, has been heard.
CREATE TABLE cursors (source TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
CREATE TABLE heard (
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (source, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE parked (
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,              -- the last version heard before it was parked
    reason TEXT NOT NULL,
    PRIMARY KEY (source, stream)
) STRICT;
