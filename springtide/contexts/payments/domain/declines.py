"""What a buyer is told when a payment did not succeed, by the gateway's reason and the buyer's language."""

WORDS: dict[str, dict[str, str]] = {
    "issuer_declined": {
        "en": "Your bank declined the payment. Try another card or another way to pay.",
        "nl": "Uw bank heeft de betaling geweigerd. Probeer een andere kaart of betaalmethode.",
        "sv": "Din bank nekade betalningen. Prova ett annat kort eller betalsätt.",
    },
    "insufficient_funds": {
        "en": "There is not enough money on this account. Try another way to pay.",
        "nl": "Er staat niet genoeg geld op deze rekening. Probeer een andere betaalmethode.",
        "sv": "Det finns inte tillräckligt med pengar på kontot. Prova ett annat betalsätt.",
    },
    "expired_card": {
        "en": "This card has expired. Try another card.",
        "nl": "Deze kaart is verlopen. Probeer een andere kaart.",
        "sv": "Kortet har gått ut. Prova ett annat kort.",
    },
    "authentication_failed": {
        "en": "The payment was not confirmed at your bank. Try again or choose another way to pay.",
        "nl": "De betaling is niet bevestigd bij uw bank. Probeer het opnieuw of kies een andere betaalmethode.",
        "sv": "Betalningen bekräftades inte hos din bank. Försök igen eller välj ett annat betalsätt.",
    },
    "cancelled_by_buyer": {
        "en": "You cancelled the payment. Nothing was taken.",
        "nl": "U hebt de betaling geannuleerd. Er is niets afgeschreven.",
        "sv": "Du avbröt betalningen. Inget har dragits.",
    },
    "gateway_unavailable": {
        "en": "This way to pay does not work right now. Nothing was taken; try again soon or choose another one.",
        "nl": "Deze betaalmethode werkt nu niet. Er is niets afgeschreven; probeer het later of kies een andere.",
        "sv": "Det här betalsättet fungerar inte just nu. Inget har dragits; försök senare eller välj ett annat.",
    },
    "not_possible": {
        "en": "The payment was not possible. Nothing was taken; try another way to pay.",
        "nl": "De betaling was niet mogelijk. Er is niets afgeschreven; probeer een andere betaalmethode.",
        "sv": "Betalningen gick inte att genomföra. Inget har dragits; prova ett annat betalsätt.",
    },
}


def words(code: str, locale: str) -> str:
    """Return the sentence for a reason; reasons that we have no words for are "not possible"."""
    texts = WORDS.get(code, WORDS["not_possible"])
    return texts.get(locale.replace("_", "-").partition("-")[0], texts["en"])
