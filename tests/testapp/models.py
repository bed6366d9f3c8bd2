"""Shelves, and books that stand on them."""

from django.db import models

from shared.ordering import PositionField, SyncedModel


class Shelf(SyncedModel):
    """A parent."""

    code = models.CharField(max_length=20, unique=True)
    label = models.CharField(max_length=50)


class Book(SyncedModel):
    """A child; its price can't be negative, as only the database says."""

    isbn = models.CharField(max_length=20)
    title = models.CharField(max_length=50)
    price = models.IntegerField(default=0)
    shelf = models.ForeignKey(Shelf, to_field="code", on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="testapp_price"),
        ]


class Reader(SyncedModel):
    """A row with columns of every kind: plain, observed and fill-only."""

    number = models.IntegerField()
    books = models.IntegerField()
    seen_at = models.DateTimeField()
    name = models.CharField(max_length=20, blank=True)
    is_member = models.BooleanField(default=True)
    filled_position = PositionField()


class Parcel(SyncedModel):
    """A row with columns whose values no two databases write alike."""

    content = models.TextField(null=True)
    number = models.UUIDField(null=True)
    weight = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    height = models.FloatField(null=True)
    sent_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    took = models.DurationField(null=True)
    label = models.BinaryField(null=True)
    stations = models.JSONField(default=list)
    seen_at = models.DateTimeField(auto_now=True)
    shelf = models.ForeignKey(Shelf, null=True, on_delete=models.PROTECT)
