"""What the tests of pages do with a browser."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome


def look(browser: Chrome, *, scheme: str, medium: str = "") -> None:
    """Prefer a colour scheme (``light``, ``dark``), and show pages as on a ``medium`` (``print``)."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def address(file: Path, **state: str) -> str:
    """Where ``file`` is, with a state of the page behind it."""
    return file.as_uri() + "".join(
        f"{'&' if index else '#'}{name}={value}" for index, (name, value) in enumerate(state.items())
    )
