-- A parked stream says how far it is known to wait, so that it is not released too early; a carrier
-- says where it goes on.

ALTER TABLE parked ADD COLUMN until INTEGER NOT NULL DEFAULT 0;

CREATE TABLE carried (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) STRICT;
