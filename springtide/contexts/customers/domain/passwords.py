"""Which passwords are refused: length counts, and the ones everybody tries first."""

from springtide.contracts.customers.api import WeakPassword

SHORTEST, LONGEST = 10, 200

_FIRST_TRIED = frozenset(
    {
        "1234567890",
        "0123456789",
        "0987654321",
        "9876543210",
        "12345678910",
        "123456789012",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "asdfghjkl;",
        "password12",
        "password123",
        "password1234",
        "passwordpassword",
        "welcome123",
        "welkom1234",
        "welkom2024",
        "sommar2024",
        "letmein123",
        "iloveyou123",
        "princess123",
        "sunshine123",
        "football123",
        "baseball123",
        "qwerty12345",
        "qwerty123456",
        "abcdefghij",
        "abc1234567",
        "administrator",
        "changeme123",
        "trustno1trustno1",
        "springtide",
        "springtide1",
        "springtide123",
        "hejsan1234",
        "losenord123",
        "wachtwoord",
        "wachtwoord1",
        "wachtwoord123",
        "kerstmis2024",
        "amsterdam1",
        "stockholm1",
    }
)
_FEWEST_DIFFERENT = 4


def refuse_weak(password: str, *, email: str) -> None:
    """Raise `WeakPassword` with `why`: "too_short", "too_long", "too_common", "too_simple" or "like_email"."""
    why = _why_weak(password, email)
    if why:
        msg = f"Choose a password of at least {SHORTEST} characters that nobody guesses."
        raise WeakPassword(msg, why=why, shortest=SHORTEST, longest=LONGEST)


def _why_weak(password: str, email: str) -> str:
    folded = password.casefold()
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    if folded in _FIRST_TRIED:
        return "too_common"
    if len(set(folded)) < _FEWEST_DIFFERENT:
        return "too_simple"
    return "like_email" if folded in {email.casefold(), email.casefold().partition("@")[0]} else ""
