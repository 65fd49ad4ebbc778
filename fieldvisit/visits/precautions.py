"""What a worker is told to do at one home: the precaution, never the cause (security.md 2; domain C16). Pure."""

SENTENCES = {
    "wait_longer": "Wait longer than usual after you knock. It may take a while to get to the door.",
    "knock_loudly": "Knock loudly. The bell may not be heard.",
    "call_first": "Call before you knock.",
    "text_first": "Text first. Ask the office to send it.",
    "face_to_face": "Face the person when you speak. Speak clearly. Write it down if that helps.",
    "large_print": "Show large print. Use the large card.",
    "two_person": "Two people must go. Do not go alone.",
    "female_worker": "A woman must go, or come too. If you are not, call the office first.",
    "same_worker": "The same worker should come each time. If you are new here, say so at the door.",
    "trusted_adult": "Wait outside until the adult that the tenant trusts is there.",
    "dog": "Ask for the dog to be shut away before you go in.",
    "oxygen": "No flame, no sparks, no smoking in or near the home. Ask before hot work.",
    "shoes_off": "Cover your shoes or take them off at the door. Ask which.",
    "side_door": "Use the side or back door. Ask the office if you cannot find it.",
    "keep_clear": "Keep the way through the home clear at all times.",
}
# A code that this release does not know must not vanish: somebody wrote it down for a reason.
UNKNOWN = "There is a note for this home. Call the office before you go."

# By the code of ISO 639: two letters where there are two, three for a language that has none (bfi).
LANGUAGES = {
    "ar": "Arabic", "bn": "Bengali", "bfi": "British Sign Language", "cy": "Welsh", "fa": "Farsi", "fr": "French",
    "gu": "Gujarati", "hi": "Hindi", "ku": "Kurdish", "lt": "Lithuanian", "lv": "Latvian", "pa": "Punjabi",
    "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "so": "Somali", "ta": "Tamil",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip


def say_precautions(codes: list[str], *, language: str, trusted_adult: bool) -> tuple[str, ...]:
    """Sentences in the order of the table, each once."""
    asked = {*codes, "trusted_adult"} if trusted_adult else set(codes)
    said = [sentence for code, sentence in SENTENCES.items() if code in asked]
    if language not in ("", "en"):
        said.append(f"{LANGUAGES.get(language, 'Another language')} is easier for the tenant. Ask the office for an "
                    "interpreter. Never use a child to interpret.")  # fmt: skip
    return (*said, *([UNKNOWN] if asked - set(SENTENCES) else ()))
