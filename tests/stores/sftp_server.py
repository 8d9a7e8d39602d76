"""An SFTP server for tests: asyncssh serving this machine's files to the user ``tests``.

python sftp_server.py PORT
"""

from __future__ import annotations

import asyncio
import sys

import asyncssh

PASSWORD = "tests+secret"


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("tests", PASSWORD)


async def main(port: int) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.create_server(_Server, "127.0.0.1", port, server_host_keys=[key], sftp_factory=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
