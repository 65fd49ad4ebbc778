"""A photo or a signature whose bytes were deleted on their day says so; its row and its line in the log stay."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0013_purged"
down_revision = "0012_lawful_entry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("purged_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment", "purged_at")
