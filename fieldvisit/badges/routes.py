"""Being written."""

from flask import Blueprint

blueprint = Blueprint("badge", __name__)
