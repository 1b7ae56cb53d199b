"""Who people are: users, students and their guardians, schools and partners, consents."""

from __future__ import annotations

from accounts.models.organisations import Affiliation, Partner, School
from accounts.models.students import Guardianship, Neighbourhood, Student
from accounts.models.users import User

__all__ = ["Affiliation", "Guardianship", "Neighbourhood", "Partner", "School", "Student", "User"]
