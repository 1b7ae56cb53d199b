"""Who people are: users, students and their guardians, schools and partners, consents."""

from __future__ import annotations

from accounts.models.consents import Consent, ConsentText
from accounts.models.grants import RoleGrant
from accounts.models.invitations import GuardianConsentRequest, Invitation
from accounts.models.organisations import Affiliation, Partner, School
from accounts.models.students import Guardianship, Neighbourhood, Student, family_keys
from accounts.models.users import User

__all__ = [
    "Affiliation",
    "Consent",
    "ConsentText",
    "GuardianConsentRequest",
    "Guardianship",
    "Invitation",
    "Neighbourhood",
    "Partner",
    "RoleGrant",
    "School",
    "Student",
    "User",
    "family_keys",
]
