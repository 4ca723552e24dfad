"""What the buyer is told when a try to buy did not succeed, by reason and language."""

MESSAGES: dict[str, dict[str, str]] = {
    "not_enough_stock": {
        "en": "Someone was faster: there is not enough left of {skus}. You have not been charged.",
        "nl": "Iemand was sneller: er is niet genoeg meer van {skus}. Er is niets afgeschreven.",
        "sv": "Någon hann före: det finns inte tillräckligt kvar av {skus}. Inget har dragits.",
    },
    "voucher_refused": {
        "en": "The voucher can no longer be used. You have not been charged.",
        "nl": "De kortingscode kan niet meer worden gebruikt. Er is niets afgeschreven.",
        "sv": "Rabattkoden kan inte längre användas. Inget har dragits.",
    },
    "payment_declined": {
        "en": "The payment was declined. You have not been charged; try another way to pay.",
        "nl": "De betaling is geweigerd. Er is niets afgeschreven; probeer een andere betaalmethode.",
        "sv": "Betalningen nekades. Inget har dragits; prova ett annat sätt att betala.",
    },
    "payment_expired": {
        "en": "The time to pay ran out. You have not been charged; your cart is still here.",
        "nl": "De betaaltijd is verstreken. Er is niets afgeschreven; je winkelmand staat er nog.",
        "sv": "Tiden för betalning gick ut. Inget har dragits; din varukorg finns kvar.",
    },
    "paid_too_late": {
        "en": "Your payment came when the time to pay had run out. It is being returned in full; your cart is here.",
        "nl": "Je betaling kwam na het einde van de betaaltijd. Je krijgt alles terug; je winkelmand staat er nog.",
        "sv": "Din betalning kom efter att tiden hade gått ut. Hela beloppet återbetalas; din varukorg finns kvar.",
    },
    "payment_refused": {
        "en": "This way to pay is not possible here. You have not been charged; try another one.",
        "nl": "Deze betaalmethode is hier niet mogelijk. Er is niets afgeschreven; probeer een andere.",
        "sv": "Det här betalsättet är inte möjligt här. Inget har dragits; prova ett annat.",
    },
    "sold_out_meanwhile": {
        "en": "While you were paying, the last units went to someone else. Your payment is being returned in full.",
        "nl": "Terwijl je betaalde, ging het laatste stuk naar iemand anders. Je betaling wordt volledig teruggestort.",
        "sv": "Medan du betalade gick de sista exemplaren till någon annan. Hela din betalning återbetalas.",
    },
    "buyer_erased": {
        "en": "Your details were erased before your payment arrived. It is being returned in full.",
        "nl": "Je gegevens waren al gewist toen je betaling binnenkwam. Die wordt volledig teruggestort.",
        "sv": "Dina uppgifter var raderade när betalningen kom in. Hela beloppet återbetalas.",
    },
    "refused": {
        "en": "This could not be bought as it is. You have not been charged.",
        "nl": "Dit kon zo niet worden gekocht. Er is niets afgeschreven.",
        "sv": "Det här gick inte att köpa. Inget har dragits.",
    },
    "cancelled_by_buyer": {
        "en": "You chose another way to pay.",
        "nl": "Je koos een andere betaalmethode.",
        "sv": "Du valde ett annat sätt att betala.",
    },
}


def message(reason: str, locale: str, **facts: str) -> str:
    """Return the text for a reason in the buyer's language, English when there is none; "" for no reason."""
    if not reason:
        return ""
    texts = MESSAGES.get(reason, MESSAGES["refused"])
    return texts.get(locale.partition("-")[0], texts["en"]).format_map({"skus": "", **facts})
