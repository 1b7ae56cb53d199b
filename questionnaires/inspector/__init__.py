"""Looks into files that strangers send, in a process of its own. Imports nothing of the portal's."""
