-- The log of one service and its memory of the neighbours' logs, in a schema of its own.
-- A decision is written once: neither the service's role nor, while the triggers stand, anybody
-- else changes or deletes one. The role writes through append() only, which holds the only row of
-- `frontier` until it commits; so positions become visible in their order and without holes.

CREATE TABLE decisions (
    position bigint PRIMARY KEY,           -- from 1, without holes
    decision_id text NOT NULL UNIQUE,
    stream text NOT NULL,
    version bigint NOT NULL,               -- the version it was made on
    next_version bigint NOT NULL,          -- the version it led to
    data bytea NOT NULL,                   -- the Decision, as hashed
    leaf bytea NOT NULL,                   -- SHA-256(0x00 || data)
    UNIQUE (stream, version),              -- of two made on the same version, the first one counts
    CHECK (position > 0 AND version >= 0 AND next_version > version AND length(leaf) = 32)
);
-- The bytes are looked at whole and hardly shrink; compressing them would only cost time.
ALTER TABLE decisions ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE FUNCTION decisions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'the log is append-only: a decision is never changed and never deleted';
END $$;
CREATE TRIGGER decisions_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
FOR EACH STATEMENT EXECUTE FUNCTION decisions_never_change();

-- The right edge of the Merkle tree: the 32-byte roots of its full subtrees, left to right.
CREATE TABLE frontier (
    one integer PRIMARY KEY CHECK (one = 1),
    size bigint NOT NULL,
    recorded_ns bigint NOT NULL,           -- when the last decision was recorded
    peaks bytea NOT NULL
) WITH (fillfactor = 10);
INSERT INTO frontier VALUES (1, 0, 0, '');

-- How far each log, and each of its streams, has been heard.
CREATE TABLE cursors (source text PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE heard (
    source text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (source, stream)
) WITH (fillfactor = 80);
CREATE TABLE parked (
    source text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,               -- the last version heard before it was parked
    reason text NOT NULL,
    until bigint NOT NULL,                 -- the highest version known to wait
    number bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (source, stream)
);

-- What the tree was, signed (C2SP signed-note). A checkpoint is never changed either.
CREATE TABLE checkpoints (
    size bigint PRIMARY KEY,
    peaks bytea NOT NULL,
    note text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER checkpoints_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION decisions_never_change();

CREATE FUNCTION checkpoints_are_of_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM @schema@.frontier WHERE size >= NEW.size) THEN
        RAISE 'the log has no % decisions', NEW.size;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoints_are_of_the_log BEFORE INSERT ON checkpoints
FOR EACH ROW EXECUTE FUNCTION checkpoints_are_of_the_log();

-- Where the carrier of a source goes on.
CREATE TABLE carried (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- The functions below write for a role that may not. They name everything by its schema, which stands
-- for @schema@ here, so that nothing of the caller's can take the place of ours.

-- Refuses what starts from a version that is not the latest: `expected` is rows of
-- [source, stream, version, ...].
CREATE FUNCTION check_heard(expected jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    stale record;
BEGIN
    SELECT e ->> 0 AS source, e ->> 1 AS stream, coalesce(version, 0) AS version,
        (e ->> 2)::bigint AS expected_version INTO stale
    FROM jsonb_array_elements(expected) AS each (e)
    LEFT JOIN @schema@.heard ON source = e ->> 0 AND stream = e ->> 1
    WHERE coalesce(version, 0) <> (e ->> 2)::bigint LIMIT 1;
    IF FOUND THEN
        RAISE '% of % was heard up to version %, not %',
            stale.stream, stale.source, stale.version, stale.expected_version
            USING ERRCODE = 'ZL001';
    END IF;
END $$;

-- The edge of the log, held until the transaction ends: nobody else appends meanwhile.
CREATE FUNCTION held_frontier() RETURNS SETOF frontier LANGUAGE sql SECURITY DEFINER
AS 'SELECT * FROM @schema@.frontier FOR UPDATE';

-- Writes all that `wish` holds, or nothing; answers nothing. Where the log has grown since the rows
-- were made it writes nothing and answers with the frontier as it is.
--
-- wish: {"decisions": [[id, stream, version, next_version, first byte in data, length], ...],
--        "heard": [[source, stream, from_version, to_version], ...],
--        "released": [[source, stream, until], ...],
--        "parked": [[source, stream, version, reason, until], ...],
--        "cursors": [[source, position], ...],
--        "carried": [[topic, partition, next_offset], ...]}
-- leaves: 32 bytes for each decision.
CREATE FUNCTION append(
    believed_size bigint, now_ns bigint, new_peaks bytea, wish jsonb, datas bytea, leaves bytea
) RETURNS SETOF frontier LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE @schema@.frontier
    SET size = believed_size + length(leaves) / 32,
        recorded_ns = CASE WHEN wish ? 'decisions' THEN now_ns ELSE recorded_ns END,
        peaks = new_peaks
    WHERE size = believed_size;
    IF NOT FOUND THEN
        RETURN QUERY SELECT * FROM @schema@.frontier FOR UPDATE;
        RETURN;
    END IF;
    IF wish ? 'decisions' THEN
        -- Two on the same version: the UNIQUE of `decisions` refuses the second.
        INSERT INTO @schema@.decisions
        SELECT believed_size + n, d ->> 0, d ->> 1, (d ->> 2)::bigint, (d ->> 3)::bigint,
            substr(datas, (d ->> 4)::integer, (d ->> 5)::integer),
            substr(leaves, 32 * n::integer - 31, 32)
        FROM jsonb_array_elements(wish -> 'decisions') WITH ORDINALITY AS each (d, n)
        ORDER BY n;
        PERFORM 1 FROM @schema@.decisions AS made
        WHERE made.position > believed_size AND made.version <> coalesce((
            SELECT next_version FROM @schema@.decisions AS before
            WHERE before.stream = made.stream AND before.version < made.version
            ORDER BY before.version DESC LIMIT 1
        ), 0);
        IF FOUND THEN
            RAISE 'a decision was made on another version of its stream' USING ERRCODE = 'ZL001';
        END IF;
        PERFORM pg_notify('zoneledger.@schema@', '');
    END IF;
    IF wish ? 'heard' THEN
        PERFORM @schema@.check_heard(wish -> 'heard');
        INSERT INTO @schema@.heard
        SELECT h ->> 0, h ->> 1, (h ->> 3)::bigint
        FROM jsonb_array_elements(wish -> 'heard') AS each (h)
        ON CONFLICT (source, stream) DO UPDATE SET version = excluded.version;
        UPDATE @schema@.parked SET version = (h ->> 3)::bigint
        FROM jsonb_array_elements(wish -> 'heard') AS each (h)
        WHERE source = h ->> 0 AND stream = h ->> 1;
        DELETE FROM @schema@.parked USING jsonb_array_elements(wish -> 'heard') AS each (h)
        WHERE source = h ->> 0 AND stream = h ->> 1 AND until <= (h ->> 3)::bigint;
    END IF;
    IF wish ? 'released' THEN
        DELETE FROM @schema@.parked USING jsonb_array_elements(wish -> 'released') AS each (r)
        WHERE source = r ->> 0 AND stream = r ->> 1 AND until <= (r ->> 2)::bigint;
    END IF;
    IF wish ? 'parked' THEN
        PERFORM @schema@.check_heard(wish -> 'parked');
        INSERT INTO @schema@.parked (source, stream, version, reason, until)
        SELECT p ->> 0, p ->> 1, (p ->> 2)::bigint, p ->> 3, (p ->> 4)::bigint
        FROM jsonb_array_elements(wish -> 'parked') WITH ORDINALITY AS each (p, n) ORDER BY n
        ON CONFLICT (source, stream) DO UPDATE
        SET version = excluded.version, reason = excluded.reason,
            until = greatest(parked.until, excluded.until);
    END IF;
    IF wish ? 'cursors' THEN
        INSERT INTO @schema@.cursors
        SELECT c ->> 0, (c ->> 1)::bigint FROM jsonb_array_elements(wish -> 'cursors') AS each (c)
        ON CONFLICT (source) DO UPDATE
        SET position = greatest(cursors.position, excluded.position);
    END IF;
    IF wish ? 'carried' THEN
        INSERT INTO @schema@.carried
        SELECT c ->> 0, (c ->> 1)::integer, (c ->> 2)::bigint
        FROM jsonb_array_elements(wish -> 'carried') AS each (c)
        ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset;
    END IF;
END $$;
