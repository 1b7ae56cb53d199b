"""The one page of allauth's log-in that answers differently here."""

from __future__ import annotations

from allauth.account.views import ConfirmLoginCodeView
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse


class ConfirmLoginCode(ConfirmLoginCodeView):
    """Asked for another code, an unknown address hears what a known one hears.

    allauth makes a code before it looks whether anybody is there, and breaks where nobody is, which
    tells a stranger which numbers have an account.
    """

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        process = self._process
        if process.user is not None:
            return super()._resend_form_valid(form)
        process.send(skip_enumeration_mails=True)
        process.record_resend()
        process.persist()
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_confirm_login_code")))


confirm_login_code = ConfirmLoginCode.as_view()
