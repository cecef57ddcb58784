"""For all tests: properties have no deadline, because a slow example says nothing about the code.

Tests that drive a page need Chromium. Without it they fail where CI is set; elsewhere they are left out, and the
summary says so.
"""

import os
import shutil

from hypothesis import settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LEFT_OUT = CHROMIUM is None and os.environ.get("CI") != "true"

settings.register_profile("backproof", deadline=None)
settings.load_profile("backproof")


def pytest_collection_modifyitems(config, items):
    if LEFT_OUT:
        dropped = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if not item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=dropped)


def pytest_terminal_summary(terminalreporter):
    if LEFT_OUT:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.line("The X-ray's page was NOT tested: no Chromium on PATH (Debian's package chromium).")
