"""The contestant: what an expert writes for this topic and this table, and for nothing else.

No Django, no signals, no objects, no outcomes, no dead letters: librdkafka, fastavro, and one SQL
upsert per batch that is guarded by the position of the row's newest event.
"""
