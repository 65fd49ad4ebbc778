"""The doorstep words: two that belong to one visit, one for each side of the door (domain C2, issue of the word). Pure.

Words that are short, plain, spelt as they are spoken, hard to mishear through a door, and can hurt nobody. A household
may ask for numbers or pictures instead. Where a tenant has chosen a password of her own, that is what the worker says.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
STYLES = ("words", "numbers", "picture")

_WORDS = """
acorn amber anchor apple apron arrow autumn badger bagel bakery balloon banjo barley basil basket beacon beaver berry
birch biscuit blanket blossom bonnet bramble branch breeze bridge bronze brook bubble bucket butter button cabin
cactus camel canal candle canvas caravan carpet carrot castle cedar cherry chestnut chimney clover cobweb coconut
comet compass copper coral cotton cradle cricket crystal cupboard curtain cushion daisy dolphin donkey dragon drummer
eagle elbow engine falcon farmer feather fern ferry fiddle finch flannel flute forest fountain fossil galaxy
garden garlic gazebo ginger giraffe glacier goblet gravel guitar hammer harbour harvest hazel hedgehog helmet heron
honey hopper icicle island ivory jacket jasmine jelly jigsaw juniper kettle kitten ladder lagoon lantern lavender
lemon lentil lilac linen lizard lobster magnet magpie mango maple marble marigold meadow melon mirror mitten monkey
mountain muffin mustard nectar needle nettle nutmeg oak oatmeal olive onion orange orchard otter oyster paddle pancake
panda paper parrot parsley pasture peach peacock pebble pencil penguin pepper piano pickle pigeon pillow planet plum
pocket poppy porridge potato pumpkin puzzle quilt rabbit radish rainbow raisin raven ribbon river robin rocket saddle
saffron salmon sandal satin saucer scarf season shadow shelter silver slipper snowdrop sparrow spinach sponge squirrel
stable starling stream sugar summer sunset swallow tandem teapot temple thimble thistle ticket tiger timber toffee
tomato tractor trumpet tulip tunnel turnip turtle umbrella valley vanilla velvet violet violin waffle wagon walnut
walrus water wheat whisker whistle willow window winter wizard yellow yogurt zebra zipper
"""
WORDS = tuple(_WORDS.split())
# Drawn in templates/doorway/_picture.html, each a few lines that nobody can take for another.
PICTURES = ("boat", "house", "tree", "star", "moon", "sun", "fish", "cup", "key", "bell", "flower", "heart", "umbrella",
            "kite", "ladder", "leaf")  # fmt: skip


def new_signs() -> dict[str, list[str]]:
    """For each style, the tenant's and the worker's: never the same on both sides."""
    numbers = [f"{number:04d}" for number in _two(range(10_000))]
    return {"words": list(_two(WORDS)), "numbers": numbers, "picture": list(_two(PICTURES))}


def tenants_sign(signs: Mapping[str, Sequence[str]], style: str) -> str:
    return signs[style if style in STYLES else "words"][0]


def workers_sign(signs: Mapping[str, Sequence[str]], style: str, password: str = "") -> str:
    """What the worker must say; a password that the tenant chose stands in its place."""
    return password or signs[style if style in STYLES else "words"][1]


def is_tenants_sign(typed: str, signs: Mapping[str, Sequence[str]]) -> bool:
    """Whatever style was sent, and however it is written: capitals, blanks and full stops are forgiven."""
    said = "".join(letter for letter in typed.casefold() if letter.isalnum())
    wanted = [signs[style][0] for style in STYLES if style in signs]
    return any(secrets.compare_digest(said.encode(), sign.encode()) for sign in wanted)


def _two(choices: Sequence[T]) -> tuple[T, T]:
    first, second = secrets.SystemRandom().sample(choices, 2)
    return first, second
