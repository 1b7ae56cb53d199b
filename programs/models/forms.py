"""A participant seen as somebody who hands in a form.

The form at applying is a case of ``Participant`` itself; the one for those accepted is a case of ``Accepted``. Two
models over one table, so that the answers to the one are never taken for answers to the other.
"""

from __future__ import annotations

from programs.models.applications import Participant


class Accepted(Participant):
    """A participant whose application was accepted, as the case of the run's second form."""

    class Meta:
        proxy = True
        verbose_name = "선정된 참가자"
        verbose_name_plural = "선정된 참가자"
        default_permissions = ()
