"""What a household may ask of us, in codes, and what the worker is told of each: the instruction, never the cause. Pure.

Chosen by the people who live there, never inferred from anything (Equality Act 2010 s.20; domain B9, C16).
"""

# In this order at the door. A sentence says what to do; why is nobody's business at the door (security.md 2).
SENTENCES = {
    "office_first": "Call the office before you go.",
    "wait_longer": "Wait longer than usual after you knock. It may take a while to get to the door.",
    "knock_loudly": "Knock loudly. The bell may not be heard.",
    "call_first": "Call before you knock.",
    "call_30": "Call half an hour before you come.",
    "text_first": "Text first. Ask the office to send it.",
    "say_aloud": "Say who you are before anything else. Read your badge out aloud.",
    "bsl": "Use British Sign Language with an interpreter, or write it down. Ask the office for one.",
    "face_to_face": "Face the person when you speak. Speak clearly. Write it down if that helps.",
    "large_print": "Show large print. Use the large card.",
    "easy_read": "Use short words, one thing at a time. Show pictures where you have them.",
    "two_person": "Two people must go. Do not go alone.",
    "female_worker": "A woman must go, or come too. If you are not, call the office first.",
    "same_worker": "The same worker should come each time. If you are new here, say so at the door.",
    "trusted_adult": "Wait outside until the adult that the tenant trusts is there.",
    "extra_time": "Take your time. Let the tenant rest when they ask.",
    "help_to_clear": "Offer to move things out of the way. Ask before you touch anything.",
    "assistance_dog": "Let the assistance dog stay with the tenant. Do not touch it or call it.",
    "dog": "Ask for the dog to be shut away before you go in.",
    "oxygen": "No flame, no sparks, no smoking in or near the home. Ask before hot work.",
    "ask_before_drilling": "Do not drill, cut or sand until the office has told you what is in the walls.",
    "shoes_off": "Cover your shoes or take them off at the door. Ask which.",
    "prayer": "Ask whether it is a time of prayer before you begin. Wait if it is.",
    "side_door": "Use the side or back door. Ask the office if you cannot find it.",
    "keep_clear": "Keep the way through the home clear at all times.",
}
# A code that this release does not know must not vanish: somebody wrote it down for a reason.
UNKNOWN = "There is a note for this home. Call the office before you go."

# What a tenant may ask for, as it is put to them.
NEEDS = {
    "large_print": "Large print",
    "easy_read": "Easy Read",
    "bsl": "British Sign Language",
    "face_to_face": "Lip-reading: face me when you speak",
    "say_aloud": "Say aloud who you are: I may not see your badge",
    "wait_longer": "Wait longer at the door",
    "knock_loudly": "Knock loudly",
    "call_first": "Call me before you knock",
    "call_30": "Call me half an hour before you come",
    "text_first": "Text me first",
    "extra_time": "More time for the visit",
    "same_worker": "The same worker each time",
    "female_worker": "A woman",
    "two_person": "Two people",
    "help_to_clear": "Help to move things out of the way",
    "assistance_dog": "I have an assistance dog",
    "oxygen": "I use oxygen at home",
    "shoes_off": "No shoes in my home",
    "prayer": "Keep clear of times of prayer",
    "side_door": "Use the side or back door",
    "keep_clear": "Keep the way through my home clear",
    "dog": "I have a dog",
}
# What the office may warn of, with an owner and a review date.
WARNINGS = {
    "two_person": "Two people must go",
    "office_first": "Call the office first",
    "call_first": "Call before you knock",
    "female_worker": "A woman must go",
    "dog": "Dog to be shut away",
    "oxygen": "No flame, no sparks",
    "ask_before_drilling": "Ask before drilling",
    "side_door": "Use the side or back door",
    "keep_clear": "Keep the way through clear",
}

# By the code of ISO 639: two letters where there are two, three for a language that has none (bfi).
LANGUAGES = {
    "ar": "Arabic", "bn": "Bengali", "bfi": "British Sign Language", "cy": "Welsh", "fa": "Farsi", "fr": "French",
    "gu": "Gujarati", "hi": "Hindi", "ku": "Kurdish", "lt": "Lithuanian", "lv": "Latvian", "pa": "Punjabi",
    "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "so": "Somali", "ta": "Tamil",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip

# Those of `notices/facts.py`, which stands above the register: a household may say that it cannot use them (NR-13).
CHANNELS = (
    "sms", "email", "handed", "letterbox", "in_person", "phone", "voicemail", "letter_first_class",
    "letter_second_class", "signed_for",
)  # fmt: skip

# How much may be said where (security.md T17). A channel that nobody has marked is content_free.
REACHED_BY = {"sms": "Text messages", "email": "Email", "phone": "Phone calls", "letter": "Letters"}
MARKS = ("safe", "content_free", "never")  # each says less than the one before it
UNMARKED = "content_free"

WORD_STYLES = ("words", "numbers", "picture")  # the doorstep word (domain C4)
LETTER_LOOKS = ("plain", "large_print", "easy_read")
