"""The desk's one blueprint, apart from its routes, so that two modules of routes may hang on it."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__)
