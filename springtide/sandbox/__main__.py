"""``python -m springtide.sandbox``: the payment gateway as a process of its own."""

import argparse
import secrets
import sys
from pathlib import Path

import uvicorn

from springtide.sandbox.app import create_app
from springtide.sandbox.keys import account_keys

GRACE_S = 3


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; a data folder or port that cannot be used ends it with one line and a failure status."""
    options = _parser().parse_args(arguments)
    secret = _secret(options.webhook_secret_file)
    accounts = {name: account_keys(secret=secret, account=name) for name in options.account or ["shop"]}
    origin = options.origin or f"http://{options.host}:{options.port}"
    app = create_app(folder=options.data, accounts=accounts, origin=origin)
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        lifespan="on",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m springtide.sandbox",
        description="A payment gateway to try payments against: own ledger, own pages, faults on command.",
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--data", type=Path, required=True, help="folder of the gateway's own ledger")
    parser.add_argument(
        "--webhook-secret-file",
        type=Path,
        required=True,
        help="file with the secret that all API keys and webhook secrets are derived from; made when missing",
    )
    parser.add_argument("--account", action="append", help="merchant account, may be repeated (default: shop)")
    parser.add_argument("--origin", help="address that buyers see (default http://HOST:PORT)")
    return parser


def _secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


if __name__ == "__main__":
    sys.exit(main())
