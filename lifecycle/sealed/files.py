"""Uploads that lie sealed in storage."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile

from lifecycle.sealed.envelope import SEGMENT, seal_stream, unseal_stream
from lifecycle.sealed.fields import Bound


class SealedFieldFile(FieldFile):
    """Seals on ``save``; ``open`` and ``read`` give the envelope, ``segments`` and ``clear`` the contents."""

    def save(self, name: str, content: File, save: bool = True) -> None:
        """Seal ``content`` into storage, with two segments of it in memory at a time."""
        with tempfile.SpooledTemporaryFile(max_size=SEGMENT) as sealed:
            content.seek(0)
            seal_stream(content, sealed, bound=self.field.bound(self.instance))
            sealed.seek(0)
            super().save(name, File(sealed, name=name), save)
            self.close()

    save.alters_data = True

    def segments(self) -> Iterator[bytes]:
        """The contents piece by piece, fit for a streaming answer.

        Raises:
            Unreadable: see ``lifecycle.sealed.unseal``.
        """
        with self.storage.open(self.name, "rb") as file:
            yield from unseal_stream(file, bound=self.field.bound(self.instance))

    def clear(self) -> bytes:
        """The contents at once.

        Raises:
            Unreadable: see ``lifecycle.sealed.unseal``.
        """
        return b"".join(self.segments())


class SealedFileField(Bound, models.FileField):
    """A file that nobody reads in storage or in a backup of it."""

    attr_class = SealedFieldFile
    description = "Sealed file"

    def __init__(self, *args: Any, bound_to: Any = (), place: str = "", **kwargs: Any) -> None:
        self._bind(bound_to, place)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, **self._bound_options()}
