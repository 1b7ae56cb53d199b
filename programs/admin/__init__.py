"""The staff's pages of the programmes, by work; importing them registers them."""

from __future__ import annotations

from programs.admin import applications, attendance, catalogue, draw, inviting, partners, review, runs, visits

__all__ = ["applications", "attendance", "catalogue", "draw", "inviting", "partners", "review", "runs", "visits"]
