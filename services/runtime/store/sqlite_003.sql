-- The first answer to a request that was named by its caller, so that it can be given again.

CREATE TABLE answers (
    request_id TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,             -- of what was asked
    answer BLOB NOT NULL,
    position INTEGER NOT NULL              -- the last position of the log after it
) STRICT;

CREATE TRIGGER answers_never_change BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'a first answer is never changed'); END;
