"""Words of law and force, in every language that we write in: a letter that asks again has none of them (D2). Pure.

A list and no more: it knows words, some by how they begin (with a star), and reads no meaning. A person reads the letter
all the same.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

NEVER_THREATENS = frozenset({"access_ask", "access_again"})
LEGAL_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "court", "courts", "legal*", "law", "laws", "lawyer*", "solicitor*", "injunct*", "warrant*", "evict*",
            "breach*", "prosecut*", "bailiff*", "penalt*", "must", "charge*", "enforc*", "force*", "fail*", "tenancy",
            "police", "last chance", "final*",
        ),
        "pl": (
            "sąd", "sądu", "sądowi", "sądem", "sądzie", "sądow*", "prawn*", "prawo", "prawa", "adwokat*", "nakaz*", "eksmi*",
            "karn*", "kara", "karę", "kary", "naruszen*", "musisz", "obowiąz*", "zmus*", "komornik*", "policj*", "opłat*",
            "ostatn*", "ostatecz*",
        ),
        "ur": (
            "عدالت*", "قانون*", "وکیل*", "وارنٹ*", "بے دخل*", "جرمان*", "خلاف ورزی*", "پولیس*", "مقدم*", "لازم*", "مجبور*",
            "آخری*",
        ),
    }
)  # fmt: skip
_ANY = re.compile(
    "|".join(
        r"\b" + re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else r"\b")
        for words in LEGAL_WORDS.values()
        for word in words
    ),
    re.IGNORECASE,
)


def legal_words_in(text: str) -> tuple[str, ...]:
    """Each once, as it stands there, whatever language the text is said to be in."""
    return tuple(dict.fromkeys(found[0].casefold() for found in _ANY.finditer(text)))
