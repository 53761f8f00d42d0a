"""Make the first tables.

Revision 0001, after none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Bring the schema here from the revision before."""
    op.create_table(
        "athletes",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.Column("mass_kg", sa.Float(), nullable=True),
        sa.Column("hr_rest_bpm", sa.Float(), nullable=True),
        sa.Column("hr_max_bpm", sa.Float(), nullable=True),
        sa.Column("sweat_rate_l_per_h", sa.Float(), nullable=True),
        sa.Column("cramp_history", sa.String(length=64), nullable=False),
        sa.Column("strength_training", sa.Boolean(), nullable=True),
        sa.Column("beginner", sa.Boolean(), nullable=True),
        sa.Column("hide_amounts", sa.Boolean(), nullable=False),
        sa.Column("units", sa.String(length=64), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("units IN ('metric', 'imperial')", name=op.f("ck_athletes_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_athletes")),
        sa.UniqueConstraint("alias", name=op.f("uq_athletes_alias")),
        sa.UniqueConstraint("external_id", name=op.f("uq_athletes_external_id")),
    )
    op.create_table(
        "blob_removals",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_blob_removals")),
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("utc_offset_s", sa.Integer(), nullable=True),
        sa.Column("sport", sa.String(length=64), nullable=True),
        sa.Column("sub_sport", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("moving_s", sa.Float(), nullable=True),
        sa.Column("elapsed_s", sa.Float(), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=True),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("forecast_score", sa.SmallInteger(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("points_level", sa.SmallInteger(), nullable=True),
        sa.Column("level_source", sa.String(length=64), nullable=True),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("headline", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("digest", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("forecast_score BETWEEN 0 AND 100", name=op.f("ck_activities_forecast_score")),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_activities_level")),
        sa.CheckConstraint("points_level BETWEEN 0 AND 3", name=op.f("ck_activities_points_level")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_activities_score")),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_activities_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index(
            "ix_activities_history",
            ["athlete_id", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
            unique=False,
        )
        batch_op.create_index(
            "ix_activities_history_moderate",
            ["athlete_id", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("level >= 1"),
            postgresql_where=sa.text("level >= 1"),
        )

    op.create_table(
        "files",
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=False),
        sa.Column("via", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_files_bytes")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_files_sha256")),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_files_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "sha256", name=op.f("pk_files")),
    )
    op.create_table(
        "tombstones",
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("buried_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_tombstones_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "origin", "key", "part", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("via", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('queued', 'running', 'done')", name=op.f("ck_uploads_status")),
        sa.CheckConstraint("total = created + duplicates + merged + skipped + rejected", name=op.f("ck_uploads_total")),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_uploads_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_athlete_id"), ["athlete_id"], unique=False)

    op.create_table(
        "activity_details",
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("streams_digest", sa.String(length=64), nullable=False),
        sa.Column("edits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.JSON(none_as_null=True), nullable=False),
        sa.CheckConstraint("length(streams_digest) = 64", name=op.f("ck_activity_details_streams_digest")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_activity_details_activity_id_activities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity_details")),
    )
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ruleset_version", sa.String(length=64), nullable=False),
        sa.Column("result_sha256", sa.String(length=64), nullable=True),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.CheckConstraint("state IN ('current', 'superseded', 'proposed')", name=op.f("ck_assessments_state")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_assessments_activity_id_activities"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assessments_activity",
            ["activity_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
        )
        batch_op.create_index(
            "uq_assessments_current",
            ["activity_id"],
            unique=True,
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        )

    op.create_table(
        "sources",
        sa.Column("athlete_id", sa.String(length=30), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.String(length=30), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.CheckConstraint("(origin IS NULL) = (external_id IS NULL)", name=op.f("ck_sources_origin")),
        sa.CheckConstraint("part >= 0", name=op.f("ck_sources_part")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_sources_activity_id_activities"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["athlete_id", "sha256"],
            ["files.athlete_id", "files.sha256"],
            name=op.f("fk_sources_athlete_id_sha256_files"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athletes.id"], name=op.f("fk_sources_athlete_id_athletes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "sha256", "part", name=op.f("pk_sources")),
        sa.UniqueConstraint(
            "athlete_id", "origin", "external_id", name=op.f("uq_sources_athlete_id_origin_external_id")
        ),
    )
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sources_activity_id"), ["activity_id"], unique=False)

    op.create_table(
        "upload_items",
        sa.Column("upload_id", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.String(length=30), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('created', 'duplicate', 'merged', 'skipped', 'rejected')", name=op.f("ck_upload_items_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_upload_items_activity_id_activities"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_items_upload_id_uploads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_items")),
    )
    with op.batch_alter_table("upload_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_items_activity_id"), ["activity_id"], unique=False)


def downgrade() -> None:
    """Bring the schema back to the revision before."""
    with op.batch_alter_table("upload_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_items_activity_id"))

    op.drop_table("upload_items")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sources_activity_id"))

    op.drop_table("sources")
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assessments_current",
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        )
        batch_op.drop_index("ix_assessments_activity")

    op.drop_table("assessments")
    op.drop_table("activity_details")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_uploads_athlete_id"))

    op.drop_table("uploads")
    op.drop_table("tombstones")
    op.drop_table("files")
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_activities_history_moderate", sqlite_where=sa.text("level >= 1"), postgresql_where=sa.text("level >= 1")
        )
        batch_op.drop_index("ix_activities_history")

    op.drop_table("activities")
    op.drop_table("blob_removals")
    op.drop_table("athletes")
