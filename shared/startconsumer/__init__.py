"""Makes a room from an event's schema: ``manage.py startconsumer``. Read ``room`` first."""
