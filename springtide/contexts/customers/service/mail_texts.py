"""Mails to people with accounts, in the customer's language."""

from html import escape

import msgspec

from springtide.platform.mail import Mail

FALLBACK = "en"


class Words(msgspec.Struct, frozen=True):
    """A mail in one language; {name} and {link} are filled in."""

    subject: str
    body: tuple[str, ...]


WELCOME = {
    "en": Words("Welcome", ("Hello {name},", "Your account is ready. You can sign in here:", "{link}")),
    "nl": Words("Welkom", ("Hallo {name},", "Je account staat klaar. Inloggen kan hier:", "{link}")),
    "sv": Words("Välkommen", ("Hej {name},", "Ditt konto är klart. Du loggar in här:", "{link}")),
}
TAKEN = {
    "en": Words(
        "You already have an account",
        (
            "Hello {name},",
            (
                "Somebody, probably you, tried to open an account with this address. You have one already."
                " Sign in, or ask for a new password, here:"
            ),
            "{link}",
            "If it was not you, there is nothing to do.",
        ),
    ),
    "nl": Words(
        "Je hebt al een account",
        (
            "Hallo {name},",
            (
                "Iemand, waarschijnlijk jijzelf, wilde een account maken met dit adres. Je hebt er al een."
                " Log in of vraag een nieuw wachtwoord aan via:"
            ),
            "{link}",
            "Was jij het niet, dan hoef je niets te doen.",
        ),
    ),
    "sv": Words(
        "Du har redan ett konto",
        (
            "Hej {name},",
            (
                "Någon, troligen du, försökte skapa ett konto med den här adressen. Du har redan ett."
                " Logga in eller be om ett nytt lösenord här:"
            ),
            "{link}",
            "Var det inte du behöver du inte göra något.",
        ),
    ),
}
RESET = {
    "en": Words(
        "Set a new password",
        (
            "Hello {name},",
            "With this link you set a new password. It works once, for one hour:",
            "{link}",
            "If you did not ask for it, there is nothing to do.",
        ),
    ),
    "nl": Words(
        "Nieuw wachtwoord instellen",
        (
            "Hallo {name},",
            "Met deze link stel je een nieuw wachtwoord in. Hij werkt één keer, een uur lang:",
            "{link}",
            "Heb je hier niet om gevraagd, dan hoef je niets te doen.",
        ),
    ),
    "sv": Words(
        "Välj ett nytt lösenord",
        (
            "Hej {name},",
            "Med den här länken väljer du ett nytt lösenord. Den fungerar en gång, i en timme:",
            "{link}",
            "Har du inte bett om det behöver du inte göra något.",
        ),
    ),
}


def written(texts: dict[str, Words], *, to: str, name: str, locale: str, link: str, cause: str) -> Mail:
    """Return the mail in the language of `locale`, English where there is none."""
    language = locale.partition("-")[0]
    language = language if language in texts else FALLBACK
    words = texts[language]
    lines = [line.format(name=name, link=link) for line in words.body]
    anchor = f'<a href="{escape(link)}">{escape(link)}</a>'
    paragraphs = "".join(f"<p>{anchor if line == link else escape(line)}</p>" for line in lines)
    return Mail(
        to=to,
        subject=words.subject,
        text="\n\n".join(lines) + "\n",
        html=f'<!doctype html><html lang="{language}"><body>{paragraphs}</body></html>',
        language=language,
        cause=cause,
    )
