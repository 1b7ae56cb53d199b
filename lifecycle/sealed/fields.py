"""Columns that hold sealed envelopes. They are opened when somebody reads the attribute, and not before."""

from __future__ import annotations

import base64
import json
from typing import Any

from django import forms
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from lifecycle.sealed.envelope import MARK, seal, unseal


class Sealed:
    """An envelope as it lies in the database. Whoever prints it, or reads it by ``values()``, learns nothing."""

    def __init__(self, envelope: bytes) -> None:
        self.envelope = envelope

    def __repr__(self) -> str:
        return "<봉인됨>"


class Bound:
    """What sealed columns and sealed files share: the place for which they are sealed.

    ``bound_to`` names columns of the row that are known before it is first saved and never change (a key to
    another row, a random UUID): an envelope that is copied into another row does not open there. ``place``
    replaces ``app.model.field`` where a model or a field was renamed.
    """

    bound_to: tuple[str, ...]
    place: str

    def _bind(self, bound_to: tuple[str, ...] | list[str] | str, place: str) -> None:
        self.bound_to = (bound_to,) if isinstance(bound_to, str) else tuple(bound_to)
        self.place = place
        if not self.bound_to:
            raise TypeError("A sealed field needs bound_to: the columns that tell its row from others.")

    def _bound_options(self) -> dict[str, Any]:
        return {"bound_to": list(self.bound_to), **({"place": self.place} if self.place else {})}

    def bound(self, instance: models.Model) -> str:
        """The name of this field's place in ``instance``'s row.

        Raises:
            ValueError: a column that it is bound to has no value yet.
        """
        values = [getattr(instance, name) for name in self.bound_to]
        if None in values:
            raise ValueError(f"{self} is bound to {', '.join(self.bound_to)}, which must be set before.")
        place = self.place or f"{instance._meta.label_lower}.{self.name}"
        return "\x1f".join([place, *(str(value) for value in values)])


class _Opening(DeferredAttribute):
    """Opens an envelope the first time somebody reads it."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, Sealed):
            return value
        clear = unseal(value.envelope, bound=self.field.bound(instance))
        instance.__dict__[self.field.attname] = opened = self.field.unpack(clear)
        return opened

    def __set__(self, instance: models.Model, value: Any) -> None:  # or Python would pass ``__get__`` by
        instance.__dict__[self.field.attname] = value


class _SealedField(Bound, models.Field):
    """An envelope in a ``bytea`` column; NULL stays NULL. Only saving a row seals: ``update()`` knows no row."""

    descriptor_class = _Opening
    empty_strings_allowed = False

    def __init__(self, *args: Any, bound_to: Any = (), place: str = "", **kwargs: Any) -> None:
        if {"db_index", "unique", "primary_key"} & {name for name, value in kwargs.items() if value}:
            raise TypeError("A sealed field cannot be searched, so it has no index.")
        self._bind(bound_to, place)
        super().__init__(*args, **kwargs)

    def pack(self, value: Any) -> bytes:
        raise NotImplementedError

    def unpack(self, clear: bytes) -> Any:
        raise NotImplementedError

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, **self._bound_options()}

    def get_internal_type(self) -> str:
        return "BinaryField"

    def db_check(self, connection: Any) -> str:
        """The database takes envelopes only: what a mistake would write in clear is refused."""
        column = connection.ops.quote_name(self.column)
        return f"substr({column}, 1, {len(MARK)}) = '\\x{MARK.hex()}'::bytea"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.model._meta.label}.{self.name} is sealed: rows cannot be found by it ({lookup_name}),"
                " only by whether it is null."
            )
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.model._meta.label}.{self.name} is sealed: {lookup_name} sees nothing inside.")

    def pre_save(self, instance: models.Model, add: bool) -> Sealed | None:
        value = instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):  # nobody opened it, so nobody changed it
            return value
        return Sealed(seal(self.pack(value), bound=self.bound(instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self} is sealed by saving its row; update() and bulk_update() cannot know the place.")
        return connection.Database.Binary(value.envelope)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def value_to_string(self, obj: models.Model) -> str:
        """For ``dumpdata``: still sealed."""
        sealed = self.pre_save(obj, add=False)
        return base64.b64encode(sealed.envelope).decode() if sealed else ""


class SealedTextField(_SealedField):
    """Text that nobody reads in the database."""

    description = "Sealed text"

    def pack(self, value: Any) -> bytes:
        return str(value).encode()

    def unpack(self, clear: bytes) -> str:
        return clear.decode()

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Sealed) else str(value)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": forms.CharField, "widget": forms.Textarea, **kwargs})


class SealedJSONField(_SealedField):
    """Anything that JSON can say, sealed. Dates and decimals go in as Django writes them and come out as text."""

    description = "Sealed JSON"

    def pack(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()

    def unpack(self, clear: bytes) -> Any:
        return json.loads(clear)
