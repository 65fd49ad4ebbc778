"""Being written."""

from flask import Blueprint

blueprint = Blueprint("badge_desk", __name__)
