from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Place(models.Model):
    title = models.CharField(max_length=100)
    where = models.CharField(max_length=50)
    starts_at = models.DateTimeField()

    class Meta:
        app_label = "floor"
        indexes = [models.Index(fields=["starts_at"], name="place_starts_at")]

    def __str__(self) -> str:
        return self.title


class Claim(models.Model):
    place = models.ForeignKey(Place, on_delete=models.PROTECT)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return f"{self.place_id} {self.at}"
