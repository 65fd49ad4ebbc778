"""Alembic's environment: always on a connection that `fieldvisit/schema.py` gives."""

from alembic import context

from fieldvisit.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds the lock and commits
)
context.run_migrations()
