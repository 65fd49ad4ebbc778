"""Joint tenants are each told: what is their own of language and marks, and whom a message or a notice was for."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Json

revision = "0025_joint_tenants"
down_revision = "0024_asked_and_buddies"
branch_labels = None
depends_on = None

_OF_ONE = (("message", "resident_id"), ("notice", "resident_id"))
_OWN = {"language": (sa.String(length=8), ""), "contact_safety": (Json(), "{}")}


def upgrade() -> None:
    for table, column in _OF_ONE:
        op.add_column(table, sa.Column(column, sa.String(length=32), nullable=True))
    for name, (kind, value) in _OWN.items():
        op.add_column("resident", sa.Column(name, kind, nullable=False, server_default=value))
    if op.get_bind().dialect.name != "sqlite":  # there the model alone says what a new row begins with
        for name in _OWN:
            op.alter_column("resident", name, server_default=None)


def downgrade() -> None:
    for name in reversed(_OWN):
        op.drop_column("resident", name)
    for table, column in reversed(_OF_ONE):
        op.drop_column(table, column)
