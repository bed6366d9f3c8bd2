from django.db import migrations, models


class Migration(migrations.Migration):
    """Index parked events and dead letters by what workers and their monitors ask every moment.

    Each index is built in one go while the table takes no writes: with many rows stop the workers
    first, as for any index of Django's.
    """

    dependencies = [
        ("event_sync", "0009_quick_keys"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="parkedevent",
            name="event_sync_parked_due",
        ),
        migrations.AddIndex(
            model_name="parkedevent",
            index=models.Index(fields=["room", "retry_at", "id"], name="event_sync_parked_due"),
        ),
        migrations.AddIndex(
            model_name="parkedevent",
            index=models.Index(
                fields=["room", "consumer", "parked_at"], name="event_sync_parked_depth"
            ),
        ),
        migrations.AddIndex(
            model_name="deadletter",
            index=models.Index(
                fields=["room", "consumer", "buried_at"], name="event_sync_dead_depth"
            ),
        ),
    ]
