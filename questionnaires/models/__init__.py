"""Forms that staff design, the answers to them, and the files that come along."""

from __future__ import annotations

from questionnaires.models.attachments import Attachment
from questionnaires.models.questionnaires import Questionnaire, Version
from questionnaires.models.responses import Response

__all__ = ["Attachment", "Questionnaire", "Response", "Version"]
