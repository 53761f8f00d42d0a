"""Make the tables for jobs, answers and keys; tell of each record what finds its twins.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Bring the schema here from the revision before."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("all_athletes", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'coach', 'athlete', 'ingest')", name=op.f("ck_api_keys_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_keys_sha256")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=30), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=100), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index("ix_audit_log_athlete", ["athlete_id", "at"], unique=False)

    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("activity_id", sa.String(length=30), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_athlete", ["athlete_id", "sequence"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_created_at"), ["created_at"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "api_key_athletes",
        sa.Column("key_id", sa.String(length=30), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_api_key_athletes_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_keys.id"], name=op.f("fk_api_key_athletes_key_id_api_keys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", "athlete_id", name=op.f("pk_api_key_athletes")),
    )
    with op.batch_alter_table("api_key_athletes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_athletes_athlete_id"), ["athlete_id"], unique=False)

    op.create_table(
        "athlete_summaries",
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=False),
        sa.Column("moving_s", sa.Float(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("score_sum", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("cramps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_athlete_summaries_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", name=op.f("pk_athlete_summaries")),
    )
    op.create_table(
        "reassessments",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("ruleset_version", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("reached", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("adopted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'adopting', 'adopted')", name=op.f("ck_reassessments_status")
        ),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_reassessments_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reassessments")),
    )
    with op.batch_alter_table("reassessments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reassessments_athlete_id"), ["athlete_id"], unique=False)

    op.create_table(
        "cramp_reports",
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('none', 'near', 'cramp_continued', 'cramp_stopped')", name=op.f("ck_cramp_reports_answer")
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_cramp_reports_activity_id_activities"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_cramp_reports")),
    )
    op.create_table(
        "reassessment_items",
        sa.Column("reassessment_id", sa.String(length=30), nullable=False),
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_reassessment_items_activity_id_activities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reassessment_id"],
            ["reassessments.id"],
            name=op.f("fk_reassessment_items_reassessment_id_reassessments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reassessment_id", "activity_id", name=op.f("pk_reassessment_items")),
    )
    with op.batch_alter_table("reassessment_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reassessment_items_time", ["reassessment_id", "started_at", "activity_id"], unique=False
        )

    op.create_table(
        "run_logs",
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_run_logs_activity_id_activities"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_run_logs")),
    )
    op.create_table(
        "upload_files",
        sa.Column("upload_id", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_files_upload_id_uploads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_files")),
    )
    with op.batch_alter_table("activity_details", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cramp_prompt", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reassessment_id", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_assessments_reassessment_id"), ["reassessment_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_assessments_reassessment_id_reassessments"),
            "reassessments",
            ["reassessment_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("athletes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assess_from", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("assess_calls", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("started_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("distance_m", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("family", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("apart", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.create_index("ix_sources_time", ["athlete_id", "started_at"], unique=False)

    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("import_name", sa.String(length=64), nullable=True))

    _describe_records()
    _sum_up()


def _describe_records() -> None:
    """Say of every record that is there when, how far and in what it was; its channels are not known here."""
    op.execute("""
        UPDATE sources SET
            started_at = (SELECT a.started_at FROM activities a WHERE a.id = sources.activity_id),
            ended_at = (
                SELECT a.started_at + CAST(COALESCE(a.elapsed_s, 0) * 1000000 AS BIGINT)
                FROM activities a WHERE a.id = sources.activity_id
            ),
            distance_m = (SELECT a.distance_m FROM activities a WHERE a.id = sources.activity_id),
            family = (
                SELECT CASE
                    WHEN a.sport IN ('running', 'walking', 'hiking', 'mountaineering', 'snowshoeing') THEN 'foot'
                    WHEN a.sport IN (
                        'cycling', 'e_biking', 'inline_skating', 'wheelchair_push_run', 'wheelchair_push_walk'
                    ) THEN 'wheel'
                    WHEN a.sport IN (
                        'swimming', 'rowing', 'kayaking', 'stand_up_paddleboarding', 'paddling'
                    ) THEN 'water'
                    ELSE 'other' END
                FROM activities a WHERE a.id = sources.activity_id
            ),
            rank = 99 + (
                SELECT CASE f.format WHEN 'fit' THEN 0 WHEN 'tcx' THEN 100 WHEN 'gpx' THEN 200 ELSE 300 END
                FROM files f WHERE f.athlete_id = sources.athlete_id AND f.sha256 = sources.sha256
            )
    """)


def _sum_up() -> None:
    """Give every athlete the row of totals; nobody has answered anything yet."""
    op.execute("""
        INSERT INTO athlete_summaries (athlete_id, runs, distance_m, moving_s, scored, score_sum, answers, cramps)
        SELECT p.id, COUNT(a.id), COALESCE(SUM(a.distance_m), 0), COALESCE(SUM(a.moving_s), 0),
            COUNT(a.score), COALESCE(SUM(a.score), 0), 0, 0
        FROM athletes p LEFT JOIN activities a ON a.athlete_id = p.id
        GROUP BY p.id
    """)


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_column("import_name")
        batch_op.drop_column("told")

    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_index("ix_sources_time")
        batch_op.drop_column("apart")
        batch_op.drop_column("rank")
        batch_op.drop_column("family")
        batch_op.drop_column("distance_m")
        batch_op.drop_column("ended_at")
        batch_op.drop_column("started_at")

    with op.batch_alter_table("athletes", schema=None) as batch_op:
        batch_op.drop_column("assess_calls")
        batch_op.drop_column("assess_from")

    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_assessments_reassessment_id_reassessments"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_assessments_reassessment_id"))
        batch_op.drop_column("digest")
        batch_op.drop_column("reassessment_id")

    with op.batch_alter_table("activity_details", schema=None) as batch_op:
        batch_op.drop_column("cramp_prompt")

    op.drop_table("upload_files")
    op.drop_table("run_logs")
    with op.batch_alter_table("reassessment_items", schema=None) as batch_op:
        batch_op.drop_index("ix_reassessment_items_time")

    op.drop_table("reassessment_items")
    op.drop_table("cramp_reports")
    with op.batch_alter_table("reassessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reassessments_athlete_id"))

    op.drop_table("reassessments")
    op.drop_table("athlete_summaries")
    with op.batch_alter_table("api_key_athletes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_athletes_athlete_id"))

    op.drop_table("api_key_athletes")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_created_at"))
        batch_op.drop_index("ix_events_athlete")

    op.drop_table("events")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_log_athlete")

    op.drop_table("audit_log")
    op.drop_table("api_keys")
