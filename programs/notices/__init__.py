"""All that programmes say to people, by occasion; importing it makes the kinds known to the house."""

from __future__ import annotations

from programs.notices import applying, drawing, inviting, partners, running, visiting

__all__ = ["applying", "drawing", "inviting", "partners", "running", "visiting"]
