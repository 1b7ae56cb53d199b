"""Layout objects of the ``krds`` crispy pack.

Crispy's own ``Submit`` adds another framework's classes, and its buttons and legends are
compiled as Django templates: a title typed by staff would be executed. These take plain text
and escape it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crispy_forms.layout import BaseInput, LayoutObject, TemplateNameMixin
from django.forms import BaseForm
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

__all__ = ["Actions", "Button", "ErrorSummary", "Fieldset", "LinkButton", "Submit", "Username"]


class Button(BaseInput):
    """A button that submits nothing by itself; ``css_class`` takes the ``button-…`` variants."""

    input_type = "button"
    field_classes = "button"

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        return render_to_string(self.get_template_name(template_pack), {"input": self})


class Submit(Button):
    """The one main action of a form. ``name`` tells the view which button was pressed."""

    input_type = "submit"
    field_classes = "button button-primary"


class LinkButton(TemplateNameMixin):
    """A way out of the form that looks like a button, such as 이전 or 취소."""

    def __init__(self, url: str, label: str, *, css_class: str = "") -> None:
        self.url = url
        self.label = label
        self.css_class = css_class

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        return format_html('<a class="button {}" href="{}">{}</a>', self.css_class, self.url, self.label)


class Actions(LayoutObject):
    """The row of buttons under a form."""

    def __init__(self, *fields: Any) -> None:
        self.fields = list(fields)

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        buttons = self.get_rendered_fields(form, context, template_pack, **kwargs)
        return format_html('<div class="actions">{}</div>', buttons)


class Fieldset(LayoutObject):
    """Fields under one legend, with an optional sentence that belongs to all of them."""

    template = "%s/layout/fieldset.html"

    def __init__(self, legend: str, *fields: Any, hint: str = "", css_id: str = "") -> None:
        self.legend = legend
        self.fields = list(fields)
        self.hint = hint
        self.css_id = css_id

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        fields = self.get_rendered_fields(form, context, template_pack, **kwargs)
        values: Mapping[str, Any] = {"fieldset": self, "legend": self.legend, "fields": fields}
        return render_to_string(self.get_template_name(template_pack), values)


class Username:
    """Whose password is asked for, told to password managers only: nothing is shown and nothing is sent."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        return format_html('<input type="text" autocomplete="username" value="{}" readonly hidden>', self.name)


class ErrorSummary:
    """The list of errors at a place of its own; set ``helper.form_show_errors = False`` beside it."""

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        return render_to_string(f"{template_pack}/errors.html", {"form": form})
