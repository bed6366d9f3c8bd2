"""What the rooms have in common: declare a consumer, settle its batches, run its worker."""
