"""The staff's pages of the programmes, by work; importing them registers them."""

from __future__ import annotations

from programs.admin import attendance, catalogue, partners, runs, visits

__all__ = ["attendance", "catalogue", "partners", "runs", "visits"]
