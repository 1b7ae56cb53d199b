"""What the session remembers between the pages of a journey."""

from __future__ import annotations

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CONSENT_KEY = "guardian_consent_request"  # the guardian came by a child's request
INVITATION_KEY = "invitation"  # the visitor opened a family invitation
