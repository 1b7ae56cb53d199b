from __future__ import annotations

from surveys.models.answers import Answer, Comment, Spooled
from surveys.models.asking import Asked, Invitation
from surveys.models.surveys import Question, Survey

__all__ = ["Answer", "Asked", "Comment", "Invitation", "Question", "Spooled", "Survey"]
