"""A pytest plugin: the embedded servers are up before the settings are read, and down afterwards."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.sentences import CannotStart
from gumcheon_portal.embedded.start import data_folder

_servers = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the pair, or join the one that runs; the workers of ``-n`` join their controller's."""
    if not pair.needed():
        return
    try:
        _servers.enter_context(pair.at_hand(data_folder(), "pytest"))
    except CannotStart as sentence:
        raise pytest.UsageError(str(sentence)) from None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _servers.close()
