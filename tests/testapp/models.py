"""Shelves, and books that stand on them."""

from django.db import models

from shared.ordering import SyncedModel


class Shelf(SyncedModel):
    """A parent."""

    code = models.CharField(max_length=20, unique=True)
    label = models.CharField(max_length=50)


class Book(SyncedModel):
    """A child; its price can't be negative, as only the database says."""

    isbn = models.CharField(max_length=20)
    title = models.CharField(max_length=50)
    price = models.IntegerField(default=0)
    shelf = models.ForeignKey(Shelf, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="testapp_price"),
        ]
