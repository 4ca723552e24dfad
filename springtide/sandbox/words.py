"""The words of the buyer's pages in English, Dutch and Swedish; other languages read English."""

LANGUAGES = ("en", "nl", "sv")
ZERO_DECIMALS = frozenset({"JPY", "KRW", "ISK"})

WORDS: dict[str, tuple[str, str, str]] = {
    "gateway": ("Sandbox gateway", "Sandbox-betaaldienst", "Sandlådans betaltjänst"),
    "test_notice": (
        "This is a test gateway: no money moves.",
        "Dit is een testbetaaldienst: er gaat geen geld om.",
        "Det här är en testtjänst: inga pengar flyttas.",
    ),
    "home_text": (
        "Shops send their buyers here to pay. Start in the shop: its link leads to the right page.",
        "Winkels sturen hun klanten hierheen om te betalen. Begin in de winkel: de link wijst de weg.",
        "Butiker skickar sina kunder hit för att betala. Börja i butiken: länken visar vägen.",
    ),
    "to_pay": ("To pay", "Te betalen", "Att betala"),
    "card_title": ("Pay by card", "Betaal met kaart", "Betala med kort"),
    "number": ("Card number", "Kaartnummer", "Kortnummer"),
    "expiry": ("Valid until (MM/YY)", "Geldig tot (MM/JJ)", "Giltigt till (MM/ÅÅ)"),
    "cvc": ("Security code", "Beveiligingscode", "Säkerhetskod"),
    "pay": ("Pay", "Betaal", "Betala"),
    "cancel": ("Cancel and go back", "Annuleren en teruggaan", "Avbryt och gå tillbaka"),
    "card_refused": (
        "This is not one of the test cards. Pick one from the list below.",
        "Dit is geen testkaart. Kies er een uit de lijst hieronder.",
        "Det här är inget testkort. Välj ett i listan nedan.",
    ),
    "expiry_refused": (
        "Write the month and year on the card, such as 12/30.",
        "Schrijf de maand en het jaar op de kaart, zoals 12/30.",
        "Skriv kortets månad och år, till exempel 12/30.",
    ),
    "cvc_refused": (
        "Write the three digits on the back of the card.",
        "Schrijf de drie cijfers op de achterkant van de kaart.",
        "Skriv de tre siffrorna på kortets baksida.",
    ),
    "test_cards": ("Use a test card only:", "Gebruik alleen een testkaart:", "Använd bara testkort:"),
    "works": ("is accepted", "wordt geaccepteerd", "godkänns"),
    "issuer_declined": ("is declined", "wordt geweigerd", "nekas"),
    "insufficient_funds": ("has too little money", "heeft te weinig saldo", "har för lite pengar"),
    "expired_card": ("has expired", "is verlopen", "har gått ut"),
    "challenge": ("asks for 3-D Secure", "vraagt om 3-D Secure", "kräver 3-D Secure"),
    "challenge_title": ("Confirm with your bank", "Bevestig bij je bank", "Bekräfta hos din bank"),
    "challenge_text": (
        "Your bank wants to be sure that it is you who pays.",
        "Je bank wil zeker weten dat jij het bent die betaalt.",
        "Din bank vill vara säker på att det är du som betalar.",
    ),
    "confirm": ("Confirm the payment", "Bevestig de betaling", "Bekräfta betalningen"),
    "not_me": ("It is not me", "Ik ben het niet", "Det är inte jag"),
    "bank_title": ("Choose your bank", "Kies je bank", "Välj din bank"),
    "continue": ("Continue to the bank", "Door naar de bank", "Fortsätt till banken"),
    "bank_confirm_title": ("Approve the transfer", "Keur de overboeking goed", "Godkänn överföringen"),
    "app_title": ("Open the app on your phone", "Open de app op je telefoon", "Öppna appen i telefonen"),
    "app_text": (
        "We sent the payment to your phone. This page goes on by itself when you have approved it there.",
        "We hebben de betaling naar je telefoon gestuurd. Deze pagina gaat vanzelf verder na je akkoord.",
        "Vi har skickat betalningen till din telefon. Sidan går vidare av sig själv när du har godkänt den.",
    ),
    "app_phone": ("Show the phone", "Toon de telefoon", "Visa telefonen"),
    "phone_title": ("Approve in the app", "Keur goed in de app", "Godkänn i appen"),
    "approve": ("Approve", "Goedkeuren", "Godkänn"),
    "decline": ("Decline", "Weigeren", "Neka"),
    "later_title": ("Pay after delivery", "Betaal na levering", "Betala efter leverans"),
    "later_text": (
        "You pay within 30 days after the goods are sent. Nothing is taken today.",
        "Je betaalt binnen 30 dagen na verzending. Vandaag wordt er niets afgeschreven.",
        "Du betalar inom 30 dagar efter att varorna har skickats. Inget dras i dag.",
    ),
    "later_decline": (
        "I choose another way to pay",
        "Ik kies een andere betaalwijze",
        "Jag väljer ett annat betalsätt",
    ),
    "expired_title": ("This payment has expired", "Deze betaling is verlopen", "Betalningen har gått ut"),
    "expired_text": (
        "Nothing was taken. Go back to the shop and start again.",
        "Er is niets afgeschreven. Ga terug naar de winkel en begin opnieuw.",
        "Inget har dragits. Gå tillbaka till butiken och börja om.",
    ),
    "back": ("Back to the shop", "Terug naar de winkel", "Tillbaka till butiken"),
    "done_title": ("Thank you", "Dank je wel", "Tack"),
    "done_text": ("You may close this page.", "Je kunt deze pagina sluiten.", "Du kan stänga sidan."),
    "missing_title": ("There is no such payment", "Deze betaling bestaat niet", "Betalningen finns inte"),
    "missing_text": (
        "Open the link from the shop again.",
        "Open de link van de winkel opnieuw.",
        "Öppna länken från butiken igen.",
    ),
}


def language_of(locale: str) -> str:
    """Return the language of the page for a locale such as ``nl-BE``; English when it is not one of ours."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in LANGUAGES else "en"


def word(name: str, language: str) -> str:
    """One phrase."""
    return WORDS[name][LANGUAGES.index(language)]


def money(amount_minor: int, currency: str, language: str) -> str:
    """Return an amount for people: ``34.90 GBP`` in English, ``34,90 EUR`` elsewhere."""
    if currency in ZERO_DECIMALS:
        return f"{amount_minor} {currency}"
    mark = "." if language == "en" else ","
    return f"{amount_minor // 100}{mark}{amount_minor % 100:02d} {currency}"
