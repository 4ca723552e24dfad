"""The fake of Mollie as a program: ``python -m tests.fakes.mollie_program --port 0``; prints where it listens."""

import argparse
import socket
import sys

import uvicorn

from tests.fakes.mollie_fake import API_KEY, MollieFake


def main() -> None:
    """Serve one profile on this machine only, until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--api-key", default=API_KEY)
    options = parser.parse_args()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", options.port))
        listener.listen()  # whoever reads the address may connect at once
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sys.stdout.write(f"{origin}\n")
        sys.stdout.flush()
        app = MollieFake(origin=origin, api_key=options.api_key)
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
