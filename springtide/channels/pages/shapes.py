"""The shapes of the drawn pictures, one quiet composition per category, in a box of 100 by 100 around (50, 50).

`A` and `B` stand for the two colours of the picture and `G` for its ground; strokes are written as `s='A'`.
"""

_C = "<circle cx='{}' cy='{}' r='{}' fill='{}'/>"


def _dots(*dots: tuple[float, float, float, str]) -> str:
    return "".join(_C.format(*dot) for dot in dots)


SHAPES: dict[str, str] = {
    "christmas-decorations": "<path d='M46 20h8v10h-8z' fill='B'/><circle cx='50' cy='56' r='27' fill='A'/>"
    "<path d='M24 50q26 14 52 0v11q-26 14-52 0z' fill='B'/>",
    "christmas-paper": "<path d='M50 16 74 50H62l16 24H22l16-24H26z' fill='A'/><path d='M44 74h12v12H44z' fill='B'/>",
    "christmas-table": "<path d='M18 62h64v8H18z' fill='B'/><path d='M50 26 68 62H32z' fill='A'/>"
    + _dots((50, 24, 5, "B"), (44, 52, 3, "G"), (56, 56, 3, "G")),
    "advent-and-stockings": "<path d='M36 18h28v34l18 14q4 14-10 16H52Q36 80 36 66z' fill='A'/>"
    "<path d='M33 16h34v14H33z' fill='B'/>",
    "easter": "<path d='M50 16c16 0 27 22 27 40a27 27 0 0 1-54 0c0-18 11-40 27-40z' fill='A'/>"
    "<path d='m24 50 9-7 9 7 8-7 8 7 9-7 9 7v10l-9-7-9 7-8-7-8 7-9-7-9 7z' fill='B'/>",
    "baking": "<path d='M26 52h48l-7 32H33z' fill='B'/><path d='M22 52a14 14 0 0 1 10-22 19 19 0 0 1 36 0 14 14 0 0 1 10 22z'"
    " fill='A'/><circle cx='50' cy='20' r='6' fill='B'/>",
    "mugs-and-cups": "<path d='M24 28h42v38a14 14 0 0 1-14 14H38a14 14 0 0 1-14-14z' fill='A'/>"
    "<path d='M66 38h6a13 13 0 0 1 0 26h-6' fill='none' s='A' stroke-width='7'/><path d='M24 44h42v10H24z' fill='B'/>",
    "tea-and-coffee": "<path d='M30 40h40q6 40-20 40T30 40z' fill='A'/><path d='M70 46q16-6 16-18M30 46Q14 46 16 58t16 8'"
    " fill='none' s='A' stroke-width='6' stroke-linecap='round'/><path d='M34 34h32l-4-8H38z' fill='B'/>"
    "<circle cx='50' cy='21' r='5' fill='B'/>",
    "plates-and-bowls": "<circle cx='50' cy='50' r='34' fill='A'/><circle cx='50' cy='50' r='23' fill='B'/>"
    "<circle cx='50' cy='50' r='15' fill='A'/>",
    "cake-stands": "<path d='M18 76h64v6H18zM26 52h48v6H26zM34 28h32v6H34z' fill='A'/><path d='M47 18h6v62h-6z' fill='B'/>"
    + _dots((50, 16, 5, "B")),
    "glasses-and-jugs": "<path d='M26 22h22v30a11 11 0 0 1-22 0z' fill='A'/><path d='M34 62h6v16h-6zM26 78h22v5H26z' fill='A'/>"
    "<path d='M56 30h22l4 53H52z' fill='B'/>",
    "kitchen-textiles": "<path d='M26 18h48v58l-8-4-8 4-8-4-8 4-8-4-8 4z' fill='A'/>"
    "<path d='M26 30h48v7H26zM26 44h48v4H26z' fill='B'/>",
    "kitchen-tools": "<path d='M30 20a11 14 0 0 1 0 28v36h-6V46a14 14 0 0 1-5-12c0-8 5-14 11-14z' fill='A'/>"
    "<path d='M54 18h28v30H54z' fill='B'/><path d='M65 48h6v36h-6z' fill='A'/>",
    "signs-and-wall-art": "<path d='m50 16 30 22H20z' fill='none' s='B' stroke-width='4'/><path d='M16 38h68v34H16z' fill='A'/>"
    "<path d='M26 48h48v4H26zM34 58h32v4H34z' fill='G'/>",
    "frames-and-albums": "<path d='M20 18h60v64H20z' fill='A'/><path d='M29 27h42v46H29z' fill='G'/>"
    "<path d='m29 73 15-22 11 13 7-7 9 16z' fill='B'/><circle cx='60' cy='40' r='5' fill='B'/>",
    "clocks-and-mirrors": "<circle cx='50' cy='50' r='34' fill='A'/><circle cx='50' cy='50' r='26' fill='G'/>"
    "<path d='M50 30v20l14 9' fill='none' s='B' stroke-width='5' stroke-linecap='round' stroke-linejoin='round'/>",
    "cushions-and-throws": "<path d='M20 22q30 10 60 0-9 28 0 56-30-10-60 0 9-28 0-56z' fill='A'/>"
    "<path d='M50 34 66 50 50 66 34 50z' fill='B'/>",
    "doormats-and-doorstops": "<path d='M14 34h72v34H14z' fill='A'/><path d='M22 42h56v18H22z' fill='B'/>"
    "<path d='M18 68v8M30 68v8M42 68v8M54 68v8M66 68v8M82 68v8' s='A' stroke-width='3'/>",
    "hanging-decorations": "<path d='M50 12v26' s='B' stroke-width='3'/>"
    "<path d='M50 84C26 66 22 56 22 49a14 14 0 0 1 28-4 14 14 0 0 1 28 4c0 7-4 17-28 35z' fill='A'/>"
    + _dots((50, 14, 4, "B")),
    "ornaments-and-flowers": "<path d='M36 56h28l5 28H31z' fill='B'/><path d='M50 58V38' s='B' stroke-width='4'/>"
    + _dots((50, 22, 9, "A"), (37, 32, 9, "A"), (63, 32, 9, "A"), (42, 46, 9, "A"), (58, 46, 9, "A"), (50, 35, 7, "G")),
    "curtains-and-rugs": "<path d='M14 18h72v5H14z' fill='B'/><path d='M18 23h28q2 30-18 60H18zM82 23H54q-2 30 18 60h10z' fill='A'/>",
    "t-light-holders": "<path d='M26 50h48l-6 32H32z' fill='A'/><path d='M50 18q10 14 0 24-10-10 0-24z' fill='B'/>"
    "<path d='M40 44h20v6H40z' fill='B'/>",
    "candles": "<path d='M24 46h16v38H24zM44 34h16v50H44zM64 52h14v32H64z' fill='A'/>"
    "<path d='M32 28q6 9 0 14-6-5 0-14zM52 16q6 9 0 14-6-5 0-14zM71 34q6 9 0 14-6-5 0-14z' fill='B'/>",
    "candle-holders-and-lanterns": "<path d='M40 18a10 10 0 0 1 20 0' fill='none' s='B' stroke-width='4'/>"
    "<path d='m50 18 24 16H26z' fill='A'/><path d='M28 36h44v46H28z' fill='A'/><path d='M35 43h30v32H35z' fill='G'/>"
    "<path d='M44 58h12v17H44zM50 46q5 6 0 10-5-4 0-10z' fill='B'/>",
    "incense-and-fragrance": "<path d='M34 44h32v34a6 6 0 0 1-6 6H40a6 6 0 0 1-6-6z' fill='A'/><path d='M42 36h16v8H42z' fill='B'/>"
    "<path d='M46 36 38 14M52 36V12M56 36l8-20' s='B' stroke-width='3'/>",
    "lights-and-lampshades": "<path d='M38 20h24l16 36H22z' fill='A'/><path d='M47 56h6v22h-6zM34 78h32v6H34z' fill='B'/>",
    "boxes-and-baskets": "<path d='M18 34h64v12H18z' fill='B'/><path d='M23 46h54v36H23z' fill='A'/>"
    "<path d='M40 56h20v6H40z' fill='G'/>",
    "trinket-boxes": "<path d='M20 52h60v30H20z' fill='A'/><path d='M20 48a30 24 0 0 1 60 0z' fill='B'/>"
    + _dots((50, 55, 6, "G")),
    "furniture": "<path d='M24 16h52v62H24z' fill='A'/><path d='M30 22h40v14H30zM30 41h40v14H30zM30 60h40v12H30z' fill='G'/>"
    "<path d='M27 78h6v8h-6zM67 78h6v8h-6zM46 27h8v4h-8zM46 46h8v4h-8zM46 64h8v4h-8z' fill='B'/>",
    "hooks-and-hangers": "<path d='M14 26h72v14H14z' fill='A'/>"
    "<path d='M28 40v20a8 8 0 0 0 16 0M60 40v20a8 8 0 0 0 16 0' fill='none' s='B' stroke-width='6' stroke-linecap='round'/>",
    "tidies-and-laundry": "<path d='M20 40h60l-7 44H27z' fill='A'/><path d='M16 32h68v9H16z' fill='B'/>"
    "<path d='M36 50v24M50 50v24M64 50v24' s='G' stroke-width='5' stroke-linecap='round'/>",
    "shopping-bags": "<path d='M36 38V28a14 14 0 0 1 28 0v10' fill='none' s='B' stroke-width='5'/>"
    "<path d='M22 36h56l5 48H17z' fill='A'/>" + _dots((38, 54, 5, "B"), (62, 54, 5, "B"), (50, 70, 5, "B")),
    "lunch-bags-and-boxes": "<path d='M40 30v-6a10 10 0 0 1 20 0v6' fill='none' s='B' stroke-width='5'/>"
    "<path d='M18 30h64v50H18z' fill='A'/><path d='M18 46h64v8H18z' fill='B'/><path d='M44 43h12v14H44z' fill='G'/>",
    "handbags-and-purses": "<path d='M30 44q0-26 20-26t20 26' fill='none' s='B' stroke-width='5'/>"
    "<path d='M20 44h60l-6 36q-24 8-48 0z' fill='A'/>" + _dots((46, 46, 5, "B"), (54, 46, 5, "B")),
    "wash-and-cosmetic-bags": "<path d='M20 40q30-12 60 0l4 36q-34 10-68 0z' fill='A'/>"
    "<path d='M22 44q28-10 56 0' fill='none' s='B' stroke-width='4'/><path d='M70 42h6v14h-6z' fill='B'/>",
    "luggage": "<path d='M38 30V18h24v12' fill='none' s='B' stroke-width='5'/><path d='M24 30h52v48H24z' fill='A'/>"
    "<path d='M36 30h7v48h-7zM57 30h7v48h-7z' fill='B'/>" + _dots((34, 83, 5, "B"), (66, 83, 5, "B")),
    "necklaces": "<path d='M22 18q2 46 28 46t28-46' fill='none' s='A' stroke-width='4'/>"
    + _dots((30, 46, 5, "B"), (40, 58, 6, "A"), (60, 58, 6, "A"), (70, 46, 5, "B"), (50, 72, 11, "B")),
    "bracelets": "<circle cx='50' cy='52' r='28' fill='none' s='A' stroke-width='9'/>"
    + _dots((50, 24, 8, "B"), (28, 38, 6, "B"), (72, 38, 6, "B"), (24, 62, 6, "B"), (76, 62, 6, "B")),
    "earrings": "<path d='M34 18v20M66 18v20' s='B' stroke-width='3'/>"
    "<path d='M34 36 48 60 34 82 20 60zM66 36 80 60 66 82 52 60z' fill='A'/>"
    + _dots((34, 60, 5, "B"), (66, 60, 5, "B"), (34, 17, 4, "B"), (66, 17, 4, "B")),
    "rings-and-brooches": "<circle cx='50' cy='60' r='22' fill='none' s='A' stroke-width='8'/>"
    "<path d='M38 18h24l8 10-20 18-20-18z' fill='B'/>",
    "hair-accessories": "<path d='M50 50 18 30q-6 20 0 40zM50 50l32-20q6 20 0 40z' fill='A'/><circle cx='50' cy='50' r='9' fill='B'/>",
    "charms-and-key-rings": "<circle cx='50' cy='32' r='15' fill='none' s='B' stroke-width='5'/>"
    "<path d='M50 84C34 72 30 66 30 60a10 10 0 0 1 20-3 10 10 0 0 1 20 3c0 6-4 12-20 24z' fill='A'/>",
    "umbrellas-and-wear": "<path d='M50 46v28a8 8 0 0 0 16 0' fill='none' s='B' stroke-width='5' stroke-linecap='round'/>"
    "<path d='M14 52a36 34 0 0 1 72 0q-9-8-18 0-9-8-18 0-9-8-18 0-9-8-18 0z' fill='A'/>",
    "greeting-cards": "<path d='M18 28h64v46H18z' fill='A'/><path d='m18 28 32 26 32-26' fill='none' s='G' stroke-width='4'/>"
    + _dots((50, 56, 8, "B")),
    "gift-wrap": "<path d='M22 38h56v46H22z' fill='A'/><path d='M45 38h10v46H45zM18 30h64v10H18z' fill='B'/>"
    "<path d='M50 30q-22-2-16-14 10-6 16 14 6-20 16-14 6 12-16 14z' fill='B'/>",
    "bunting-and-garlands": "<path d='M10 26q40 22 80 0' fill='none' s='B' stroke-width='3'/>"
    "<path d='m14 28 18 7-11 24zM66 36l18-8-5 30z' fill='A'/><path d='m39 37 22 0-11 34z' fill='B'/>",
    "party-table": "<path d='M26 34h22l-3 48H29z' fill='A'/><path d='M28 46h18l-1 8H29z' fill='B'/>"
    "<path d='M40 34 52 14' s='B' stroke-width='4'/><circle cx='68' cy='66' r='17' fill='B'/><circle cx='68' cy='66' r='9' fill='A'/>",
    "party-fun": "<ellipse cx='38' cy='38' rx='19' ry='23' fill='A'/><ellipse cx='66' cy='44' rx='16' ry='20' fill='B'/>"
    "<path d='M38 61q-6 12 4 25M66 64q4 12-6 22' fill='none' s='A' stroke-width='3'/>",
    "notebooks-and-paper": "<path d='M26 18h50v66H26z' fill='A'/><path d='M26 18h10v66H26z' fill='B'/>"
    "<path d='M46 32h22v4H46zM46 42h16v4H46z' fill='G'/>",
    "pens-and-pencils": "<path d='M28 30h12v42l-6 12-6-12zM46 22h12v50l-6 12-6-12zM64 36h12v36l-6 12-6-12z' fill='A'/>"
    "<path d='M28 24h12v10H28zM46 16h12v10H46zM64 30h12v10H64zM31 78l3 6 3-6zM49 78l3 6 3-6zM67 78l3 6 3-6z' fill='B'/>",
    "sewing-and-craft": "<path d='M30 18h40v9H30zM30 73h40v9H30z' fill='B'/><path d='M36 27h28v46H36z' fill='A'/>"
    "<path d='M36 36h28M36 46h28M36 56h28M36 66h28' s='G' stroke-width='2'/>",
    "stickers-and-magnets": "<path d='m50 14 9 20 22 2-17 15 5 22-19-12-19 12 5-22-17-15 22-2z' fill='A'/>"
    + _dots((76, 74, 10, "B"), (24, 76, 7, "B")),
    "desk-and-office": "<path d='M26 24h48v60H26z' fill='A'/><path d='M38 16h24v14H38z' fill='B'/>"
    "<path d='M34 42h32v4H34zM34 54h32v4H34zM34 66h20v4H34z' fill='G'/>",
    "games-and-puzzles": "<path d='M20 36h18q-5-16 8-16t8 16h18v16q16-5 16 8t-16 8v14H20z' fill='A'/>"
    + _dots((36, 60, 6, "B"), (54, 60, 6, "B")),
    "dolls-and-soft-toys": _dots((28, 28, 11, "A"), (72, 28, 11, "A"), (50, 44, 27, "A"), (50, 52, 13, "B"), (40, 38, 3, "G"),
    (60, 38, 3, "G"), (50, 48, 4, "G")) + "<path d='M30 66q20 14 40 0v18H30z' fill='A'/>",
    "playtime": "<path d='M50 16 78 46 50 76 22 46z' fill='A'/><path d='M50 16v60M22 46h56' s='G' stroke-width='2'/>"
    "<path d='M50 76q-8 6 0 10t2 8' fill='none' s='B' stroke-width='4' stroke-linecap='round'/>" + _dots((50, 46, 7, "B")),
    "money-banks": "<ellipse cx='48' cy='52' rx='30' ry='23' fill='A'/><path d='M30 68h9v14h-9zM58 68h9v14h-9zM74 44h12v16H74z'"
    " fill='A'/><path d='M40 36h18v5H40z' fill='G'/><circle cx='49' cy='20' r='9' fill='B'/>",
    "childrens-table": "<path d='M32 26q18 10 36 0l8 56H24z' fill='A'/><path d='M36 50h28v16a14 10 0 0 1-28 0z' fill='B'/>"
    "<path d='M36 28V16M64 28V16' s='A' stroke-width='4'/>",
    "baby-and-nursery": "<path d='M18 46h56a28 28 0 0 1-56 0z' fill='A'/><path d='M46 46V18a28 28 0 0 1 28 28z' fill='B'/>"
    + _dots((32, 80, 7, "B"), (60, 80, 7, "B")),
    "gardening": "<path d='M24 46h40v34H24z' fill='A'/><path d='m64 60 20-18M76 34l14 14' fill='none' s='A' stroke-width='6'/>"
    "<path d='M28 46V34a16 12 0 0 1 32 0v12' fill='none' s='B' stroke-width='5'/>",
    "pots-and-planters": "<path d='M26 52h48v9H26z' fill='B'/><path d='M30 61h40l-6 24H36z' fill='A'/>"
    "<path d='M50 52V34M50 40Q30 40 30 20q20 0 20 20zM50 34q0-18 20-18 0 18-20 18z' fill='B'/>",
    "birds": "<path d='M20 50a26 24 0 0 1 46-14h20l-14 12q0 30-32 30-20-6-20-28z' fill='A'/>"
    "<path d='M36 50h26q-4 18-22 16z' fill='B'/><circle cx='66' cy='42' r='3' fill='G'/>",
    "picnic-and-beach": "<path d='M16 44h68l-8 38H24z' fill='A'/><path d='M28 44a22 24 0 0 1 44 0' fill='none' s='B' stroke-width='5'/>"
    "<path d='M20 56h60l-2 8H22z' fill='B'/>",
    "garden-decor": "<path d='M47 44h6v42h-6z' fill='B'/><path d='M50 44 26 24q-6 20 24 20zM50 44l24-20q6 20-24 20zM50 44 30 60q16 8"
    " 20-16zM50 44l20 16q-16 8-20-16z' fill='A'/>",
    "hot-water-bottles": "<path d='M42 14h16v12H42z' fill='B'/><path d='M40 24h20l14 14v36a10 10 0 0 1-10 10H36a10 10 0 0 1-10-10V38z'"
    " fill='A'/><path d='M50 68C40 60 38 57 38 54a6 6 0 0 1 12-2 6 6 0 0 1 12 2c0 3-2 6-12 14z' fill='B'/>",
    "bathroom": "<path d='M14 50h72q0 26-20 28H34Q14 76 14 50z' fill='A'/><path d='M24 50V26a8 8 0 0 1 16 0' fill='none' s='B'"
    " stroke-width='5'/>" + _dots((56, 40, 6, "B"), (68, 34, 4, "B"), (66, 44, 5, "B")),
    "beauty": "<path d='M38 44h24v40H38z' fill='A'/><path d='M42 44V28l16-10v26z' fill='B'/><path d='M36 56h28v6H36z' fill='B'/>",
    "tissues-and-first-aid": "<path d='M18 44h64v38H18z' fill='A'/><path d='M34 44q4-20 16-22 2 10 14 4 4 8 2 18z' fill='B'/>"
    "<path d='M34 44h32v4H34z' fill='G'/>",
    "gadgets": "<circle cx='50' cy='50' r='21' fill='none' s='A' stroke-width='14'/>"
    "<path d='M45 14h10v14H45zM45 72h10v14H45zM14 45h14v10H14zM72 45h14v10H72z' fill='A'/><circle cx='50' cy='50' r='8' fill='B'/>",
    "more-gifts": "<path d='M24 40h52v42H24z' fill='A'/><path d='M24 56h52v10H24z' fill='B'/>"
    "<path d='M50 40q-20-6-14-18t14 18q8-30 16-18T50 40z' fill='B'/>",
}
"""Category key -> fragment."""

PLAIN: tuple[str, ...] = (
    "<circle cx='42' cy='44' r='24' fill='A'/><circle cx='62' cy='60' r='18' fill='B'/>",
    "<path d='M22 22h36v36H22z' fill='A'/><path d='M46 46h32v32H46z' fill='B'/>",
    "<path d='M50 18 82 76H18z' fill='A'/><circle cx='50' cy='58' r='12' fill='B'/>",
    "<path d='M20 66a30 30 0 0 1 60 0z' fill='A'/><path d='M20 70h60v10H20z' fill='B'/>",
)
"""For categories nobody has drawn for yet: picked by the category's name."""
