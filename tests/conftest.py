"""For all tests: properties have no deadline, because a slow example says nothing about the code.

Tests that drive a page need Chromium. Without it they fail where CI is set; elsewhere they are left out, and the
summary says so.
"""

import os
import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LEFT_OUT = CHROMIUM is None and os.environ.get("CI") != "true"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A shell that starts the tests in the background lets them ignore Ctrl-C, and so every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("backproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@pytest.fixture(scope="session")
def browser():
    """The browser that pages are driven in."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.fail("no Chromium on PATH; install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
