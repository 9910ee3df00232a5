-- The first answer to a request that was named by its caller, so that it can be given again. It is
-- written together with what the request led to.

CREATE TABLE answers (
    request_id text PRIMARY KEY,
    fingerprint bytea NOT NULL,            -- of what was asked
    answer bytea NOT NULL,
    position bigint NOT NULL               -- the last position of the log after it
);

CREATE FUNCTION answers_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'a first answer is never changed';
END $$;
CREATE TRIGGER answers_never_change BEFORE UPDATE ON answers
FOR EACH STATEMENT EXECUTE FUNCTION answers_never_change();

-- As append() before it, with one more part of the wish:
--        "answers": [[request_id, fingerprint, answer, position], ...], the two in the middle in hex
CREATE FUNCTION append_answered(
    believed_size bigint, now_ns bigint, new_peaks bytea, wish jsonb, datas bytea, leaves bytea
) RETURNS SETOF frontier LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    RETURN QUERY SELECT * FROM @schema@.append(
        believed_size, now_ns, new_peaks, wish, datas, leaves);
    IF FOUND THEN
        RETURN;  -- The log has grown since: nothing was written.
    END IF;
    INSERT INTO @schema@.answers
    SELECT a ->> 0, decode(a ->> 1, 'hex'), decode(a ->> 2, 'hex'), (a ->> 3)::bigint
    FROM jsonb_array_elements(wish -> 'answers') AS each (a);
END $$;
