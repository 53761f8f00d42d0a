"""Let the line to a subscriber wait.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Bring the schema here from the revision before."""
    op.add_column("webhook_endpoints", sa.Column("not_before", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.drop_column("not_before")
