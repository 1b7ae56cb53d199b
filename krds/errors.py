"""What is wrong with a form or formset, as a flat list for the error summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.forms import BaseForm, BaseFormSet, BoundField


@dataclass(frozen=True)
class Listed:
    text: str
    label: str = ""
    anchor: str = ""


def listed(form: BaseForm | BaseFormSet) -> list[Listed]:
    """Errors of the whole first, then of each field in the order shown."""
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        own = [Listed(str(text)) for text in form.non_form_errors()]
        return own + [error for row in form.forms for error in _of_form(row)]
    return list(_of_form(form))


def _of_form(form: BaseForm) -> Iterator[Listed]:
    for text in form.non_field_errors():
        yield Listed(str(text))
    for field in form:
        for text in field.errors:
            label = str(field.label).rstrip(".")
            named = str(text).startswith(label)  # a sentence that names its field needs no label before it
            yield Listed(str(text), label="" if named else label, anchor=_anchor(field))


def _anchor(field: BoundField) -> str:
    """The element that takes the focus: a group's first choice, else the input itself."""
    if field.is_hidden:
        return ""
    if field.use_fieldset:
        return next((option.id_for_label for option in field.subwidgets if option.id_for_label), f"{field.auto_id}_0")
    return field.id_for_label
