"""``manage.py check`` reads every default wording as strictly as it reads what staff type."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from notices import kinds


@register("notices")
def wordings(**kwargs: Any) -> list[CheckMessage]:
    """A default that cannot be sent is a mistake in the code, found before anybody waits for it."""
    errors: list[CheckMessage] = []
    for kind in kinds.everything():
        for part, fault in kind.faults(str(kind.sms), str(kind.subject), str(kind.email)).items():
            errors.append(Error(f"{kind.code}, {part}: {fault}", id="notices.E001"))
        if strangers := kind.secret - kind.names:
            errors.append(Error(f"{kind.code}: secret but no variable: {', '.join(strangers)}", id="notices.E002"))
    return errors
