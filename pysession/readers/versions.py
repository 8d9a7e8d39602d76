"""The versions that the two envelopes which carry one may say.

Run: FileSessionStore of agent-framework-core 1.13.0 to 1.23.0 refuses any ``version`` but its own. Read from the
sources of the durable extension: its readers refuse another major version.
"""

from __future__ import annotations

SESSION_STORE_VERSION = "1.0"
"""The one ``version`` that a FileSessionStore file may say; it may also say none."""

DURABLE_MAJOR = 1
"""The major number of the ``schemaVersion`` that readers of durable entity state accept."""
