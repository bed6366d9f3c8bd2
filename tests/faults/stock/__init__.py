"""The stock consumer's side: receivers as squads write them, idempotent, one row per event."""
