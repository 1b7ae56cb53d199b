from __future__ import annotations

from django.contrib import admin

from counseling.models import Booking, Counselor, Slot, Topic
from lifecycle.admin import MaskedAdmin, StaffAdmin

admin.site.register(Topic, StaffAdmin)
admin.site.register(Counselor, StaffAdmin)
admin.site.register(Slot, StaffAdmin)
admin.site.register(Booking, MaskedAdmin)
