"""Keys of merchant accounts, all derived from one secret so that one file configures any number of accounts."""

import hashlib
import hmac

import msgspec


class AccountKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant account needs: ``api_key`` to call the gateway, ``webhook_secret`` to verify its messages."""

    account: str
    api_key: str
    webhook_secret: str


def account_keys(*, secret: str, account: str) -> AccountKeys:
    """Derive the keys of ``account`` from the gateway's ``secret``; same input, same keys."""
    if not account.isidentifier():
        msg = f"account must be a plain name, not {account!r}"
        raise ValueError(msg)
    return AccountKeys(
        account=account,
        api_key=f"sk_sandbox_{account}_{_derive(secret, f'api:{account}')}",
        webhook_secret=f"whsec_{_derive(secret, f'webhook:{account}')}",
    )


def sign(*, webhook_secret: str, body: bytes, at_s: int) -> str:
    """Value of the ``Sandbox-Signature`` header: ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``."""
    mac = hmac.new(webhook_secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256)
    return f"t={at_s},v1={mac.hexdigest()}"


def _derive(secret: str, label: str) -> str:
    return hmac.new(secret.encode(), label.encode(), hashlib.sha256).hexdigest()[:40]
