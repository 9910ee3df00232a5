"""The incentive service: what each rating entitles a unit to."""
