-- A parked stream says how far it is known to wait, so that it is not released too early.

ALTER TABLE parked ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
