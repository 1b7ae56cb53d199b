"""A real PostgreSQL and a real Redis for one machine, as child processes under the data folder.

Standard library only: these modules run before Django is set up, and the production list of
requirements has no use for them. ``docs/decisions/0101-embedded-services.md`` says why the
binaries of the wheels are started here rather than through the wheels' own Python.
"""
