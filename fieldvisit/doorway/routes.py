"""Being written."""

from flask import Blueprint

blueprint = Blueprint("verify", __name__)
