"""Seal everything anew with the newest key, in small steps that may be stopped anywhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.core.files.base import File
from django.db import connection, models, transaction
from django.db.models import F, Func, Q

from lifecycle.keyring import ring
from lifecycle.sealed.envelope import (
    HEAD,
    ID,
    MARK,
    SEGMENT,
    Unreadable,
    key_of,
    reseal,
    reseal_stream,
    unseal,
    unseal_stream,
)
from lifecycle.sealed.fields import Sealed, _SealedField
from lifecycle.sealed.files import SealedFileField

BATCH = 200


@dataclass(frozen=True)
class Place:
    """One sealed column, or column of sealed files, of one table."""

    model: type[models.Model]
    field: models.Field

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def holds_files(self) -> bool:
        return isinstance(self.field, SealedFileField)

    def rows(self) -> models.QuerySet:
        empty = {self.field.attname: ""} if self.holds_files else {f"{self.field.attname}__isnull": True}
        names = {name if name != "pk" else self.model._meta.pk.name for name in self.field.bound_to}
        return self.model._base_manager.exclude(**empty).only("pk", self.field.attname, *names)

    def left(self, key_id: str) -> models.QuerySet:
        """Columns that another key than ``key_id`` sealed. Files say it in storage, so all of them are looked at."""
        if self.holds_files:
            return self.rows()
        return self.rows().annotate(sealed_by=self._name()).filter(~Q(sealed_by=key_id.encode()))

    def sealed_by(self) -> set[str]:
        """The keys that seal something here."""
        if self.holds_files:
            return {self.envelope_key(row) for row in self.rows().iterator(chunk_size=BATCH)}
        names = self.rows().order_by().annotate(sealed_by=self._name()).values_list("sealed_by", flat=True).distinct()
        return {bytes(name).decode("ascii", "replace") for name in names}

    def _name(self) -> Func:
        column = F(self.field.attname)
        return Func(column, len(MARK) + 1, ID, function="substr", output_field=models.BinaryField())

    def envelope_key(self, row: models.Model) -> str:
        """The key that sealed this row's column or file."""
        if not self.holds_files:
            return key_of(row.__dict__[self.field.attname].envelope)
        file = getattr(row, self.field.name)
        with file.storage.open(file.name, "rb") as opened:
            return key_of(opened.read(HEAD))


def places(among: Sequence[type[models.Model]] | None = None) -> list[Place]:
    """Every sealed column and file column of the house, or of the models ``among``."""
    return [
        Place(model, field)
        for model in (apps.get_models(include_auto_created=True) if among is None else among)
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if isinstance(field, _SealedField | SealedFileField)
    ]


def reseal_place(place: Place) -> Iterator[int]:
    """Bring one place to the newest key, a batch per transaction; yields how many each batch did.

    Whoever stops it loses at most one batch, which the next call does again. Rows are locked while
    they are sealed anew, so nobody's change is lost.

    Raises:
        Unreadable: a row cannot be opened; everything before it is done.
    """
    newest, last = ring().newest.id, 0
    while keys := list(place.left(newest).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with resealing():
            rows = place.rows().select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
            done = sum(_reseal_row(place, row, newest) for row in rows)
        last = keys[-1]
        yield done


def verify(place: Place) -> dict[str, int]:
    """Open everything in this place; how many each key sealed.

    Raises:
        Unreadable: the first that does not open, with its row.
    """
    counts: dict[str, int] = {}
    for row in place.rows().order_by("pk").iterator(chunk_size=BATCH):
        try:
            _open(place, row)
        except Unreadable as error:
            raise Unreadable(f"{place} {row.pk}번: {error}") from error
        name = place.envelope_key(row)
        counts[name] = counts.get(name, 0) + 1
    return counts


@contextmanager
def resealing() -> Iterator[None]:
    """A transaction in which append-only tables let their sealed columns, and nothing else, be written anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.resealing', 'on', true)")
        yield
        cursor.execute("SELECT set_config('portal.resealing', 'off', true)")


def _reseal_row(place: Place, row: models.Model, newest: str) -> int:
    if place.envelope_key(row) == newest:
        return 0
    try:
        if place.holds_files:
            _reseal_file(place, row)
        else:
            envelope = row.__dict__[place.field.attname].envelope
            fresh = Sealed(reseal(envelope, bound=place.field.bound(row)))
            place.model._base_manager.filter(pk=row.pk).update(**{place.field.attname: fresh})
    except Unreadable as error:
        raise Unreadable(f"{place} {row.pk}번: {error}") from error
    return 1


def _reseal_file(place: Place, row: models.Model) -> None:
    """A new file beside the old one; the row points to it when the transaction is sure, and the old one goes."""
    file, bound = getattr(row, place.field.name), place.field.bound(row)
    storage, old = file.storage, file.name
    with storage.open(old, "rb") as source, tempfile.SpooledTemporaryFile(max_size=SEGMENT) as sealed:
        reseal_stream(source, sealed, bound=bound)
        sealed.seek(0)
        new = storage.save(old, File(sealed))
    try:
        with storage.open(new, "rb") as source:
            for _segment in unseal_stream(source, bound=bound):
                pass  # opening it is the proof
        place.model._base_manager.filter(pk=row.pk).update(**{place.field.attname: new})
    except BaseException:
        storage.delete(new)
        raise
    transaction.on_commit(lambda: storage.delete(old))


def _open(place: Place, row: models.Model) -> None:
    if place.holds_files:
        for _segment in getattr(row, place.field.name).segments():
            pass  # opening it is the proof
    else:
        unseal(row.__dict__[place.field.attname].envelope, bound=place.field.bound(row))
