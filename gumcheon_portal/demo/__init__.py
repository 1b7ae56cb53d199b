"""A fictitious centre to look at. Nothing here is a real person, school or telephone number.

Only where ``settings.DEMO`` holds: with the embedded servers, never beside a real address or on an official site.
"""
