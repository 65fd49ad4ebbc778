"""When the document of a code was first handed to whoever is to sign it."""

import sqlalchemy as sa
from alembic import op

from fieldvisit.db import Instant

revision = "0023_code_opened"
down_revision = "0022_involved_stops"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("code_issue", sa.Column("document_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("code_issue", "document_at")
