"""One rule of masking for the whole house: two rules let a reader join two screens.

개인정보의 안전성 확보조치 기준 제12조 asks for the fewest items; the pattern is the custom of public bodies.
"""

from __future__ import annotations


def mask_name(name: str) -> str:
    """``김용`` → ``김*``, ``홍길동`` → ``홍*동``, ``남궁민수`` → ``남**수``."""
    if len(name) <= 1:
        return "*" * len(name)
    if len(name) == 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def mask_phone(phone: str | None) -> str:
    """``01000001234`` → ``010-****-1234``; the middle is hidden, whatever its length."""
    if not phone:
        return ""
    head = 2 if phone.startswith("02") else 3
    return f"{phone[:head]}-****-{phone[-4:]}"


def mask_email(email: str | None) -> str:
    """``parent@example.com`` → ``pa****@example.com``."""
    if not email:
        return ""
    local, _, host = email.partition("@")
    return f"{local[: min(2, len(local) - 1)]}****@{host}"
