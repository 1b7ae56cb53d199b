"""High contrast and text size: a visitor's own choice, kept in one cookie and drawn by the server.

A cookie rather than script storage: the page arrives in the chosen dress without a flash, and
the switch works without JavaScript.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

COOKIE = "display"
COOKIE_SECONDS = 365 * 24 * 60 * 60
CONTRASTS = ("", "high")
TEXTS = ("", "large", "larger")


@dataclass(frozen=True)
class Display:
    contrast: str = ""
    text: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Display:
        """What the cookie says; a value that no switch offers counts as the ordinary one."""
        contrast, _, text = request.COOKIES.get(COOKIE, "").partition(".")
        return cls(contrast if contrast in CONTRASTS else "", text if text in TEXTS else "")

    def changed(self, contrast: str | None, text: str | None) -> Display:
        """This display with one switch pressed; ``None`` is a switch left alone."""
        return Display(
            contrast if contrast in CONTRASTS else self.contrast,
            text if text in TEXTS else self.text,
        )

    def keep(self, response: HttpResponse, *, secure: bool) -> None:
        """Write the cookie. ``portal.js`` writes the same one, so it is not HttpOnly."""
        response.set_cookie(COOKIE, f"{self.contrast}.{self.text}", COOKIE_SECONDS, secure=secure, samesite="Lax")
