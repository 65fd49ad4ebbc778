"""Row-level security on PostgreSQL: whatever is about people and homes shows no row until somebody says who asks.

The policies of people are put up by `row_security.build` after the last migration. Until then these tables are closed:
they show rows to system work alone, and to migrations (`db.py` names tables to their transactions), which a plain owner
of the tables would otherwise run on no rows at all. SQLite has no such wall.
"""

from alembic import op
from sqlalchemy import text

from fieldvisit.row_security import ensure_role

revision = "0002_row_security"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "home", "household", "resident", "job", "visit", "visit_worker", "entry", "envelope", "words", "notice", "held",
    "concern", "task", "person_area", "person_duty",
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    ensure_role(op.get_bind())
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY who_asks ON {table} USING (nullif(current_setting('fv.tables', true), '') IS NOT NULL)"
        )


def downgrade() -> None:
    """The role stays: it may serve another database of the same cluster."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"DROP POLICY IF EXISTS who_asks ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for function in ("fieldvisit_own_visits(text, timestamptz)", "fieldvisit_areas_of_held(text, text)"):
        op.execute(f"DROP FUNCTION IF EXISTS {function}")
    schema = bind.scalar(text("SELECT current_schema()"))
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM fieldvisit_app")
    op.execute(f"REVOKE ALL ON SCHEMA {schema} FROM fieldvisit_app")
