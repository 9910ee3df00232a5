"""What every service agrees on. Pure: no clock, no ids, no disk, no network."""
