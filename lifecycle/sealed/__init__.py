"""Encryption at rest, authenticated and bound to its place (docs/decisions/0050-sealed-fields.md).

``SealedTextField`` and ``SealedJSONField`` for columns, ``SealedFileField`` for uploads, ``seal`` and
``unseal`` for bytes. What a key sealed says so in front, in clear: ``sealed1:3fa94c21:…``.
"""

from __future__ import annotations

from lifecycle.sealed.envelope import Unreadable, seal, unseal
from lifecycle.sealed.fields import SealedJSONField, SealedTextField
from lifecycle.sealed.files import SealedFileField

__all__ = ["SealedFileField", "SealedJSONField", "SealedTextField", "Unreadable", "seal", "unseal"]
