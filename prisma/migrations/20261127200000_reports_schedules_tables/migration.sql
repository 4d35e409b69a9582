-- CreateEnum
CREATE TYPE "schedule_preset" AS ENUM ('cron', 'weekly', 'monthly', 'quarterly', 'before_event');

-- CreateEnum
CREATE TYPE "delivery_channel" AS ENUM ('mail', 'inbox', 'webhook');

-- CreateEnum
CREATE TYPE "delivery_status" AS ENUM ('queued', 'sending', 'sent', 'failed');

-- CreateEnum
CREATE TYPE "watch_kind" AS ENUM ('instalment_due', 'instalment_late', 'coverage_below', 'execution_below', 'no_payment', 'fund_balance_below');

-- CreateEnum
CREATE TYPE "watch_outcome" AS ENUM ('raised', 'quiet', 'cleared');

-- AlterTable
ALTER TABLE "report_run" ADD COLUMN     "code" TEXT,
ADD COLUMN     "due_at" TIMESTAMPTZ(6),
ADD COLUMN     "previous_id" UUID,
ADD COLUMN     "schedule_id" UUID,
ADD COLUMN     "series" TEXT;

-- CreateTable
CREATE TABLE "report_schedule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "question" JSONB NOT NULL,
    "preset" "schedule_preset" NOT NULL,
    "cron" TEXT,
    "at_time" CHAR(5) NOT NULL,
    "time_zone" TEXT NOT NULL,
    "event_id" UUID,
    "days_before" SMALLINT,
    "recipients" JSONB NOT NULL,
    "formats" TEXT[],
    "language" CHAR(2),
    "active" BOOLEAN NOT NULL DEFAULT true,
    "next_due_at" TIMESTAMPTZ(6),
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "report_schedule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schedule_occurrence" (
    "schedule_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "fired_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "late" BOOLEAN NOT NULL,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "asked_by" UUID,

    CONSTRAINT "schedule_occurrence_pkey" PRIMARY KEY ("schedule_id","due_at")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" UUID NOT NULL,
    "run_id" UUID,
    "notice_id" UUID,
    "channel" "delivery_channel" NOT NULL,
    "user_id" UUID,
    "address" TEXT,
    "webhook_id" UUID,
    "recipient" TEXT NOT NULL,
    "language" CHAR(2) NOT NULL,
    "formats" TEXT[],
    "status" "delivery_status" NOT NULL DEFAULT 'queued',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "requested_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "handed_over_at" TIMESTAMPTZ(6),
    "sent_at" TIMESTAMPTZ(6),
    "failed_at" TIMESTAMPTZ(6),
    "opened_at" TIMESTAMPTZ(6),
    "acknowledged_at" TIMESTAMPTZ(6),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notice" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "key" TEXT NOT NULL,
    "rule_id" UUID,
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "watch_rule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "watch_kind" NOT NULL,
    "params" JSONB NOT NULL,
    "recipients" JSONB NOT NULL,
    "quiet_days" SMALLINT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "evaluated_at" TIMESTAMPTZ(6),
    "error" TEXT,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "watch_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "watch_event" (
    "id" UUID NOT NULL,
    "rule_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "outcome" "watch_outcome" NOT NULL,
    "detail" JSONB NOT NULL,
    "notice_id" UUID,
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "watch_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "report_schedule_active_next_due_at_idx" ON "report_schedule"("active", "next_due_at");

-- CreateIndex
CREATE INDEX "report_schedule_created_by_idx" ON "report_schedule"("created_by");

-- CreateIndex
CREATE INDEX "delivery_user_id_channel_created_at_idx" ON "delivery"("user_id", "channel", "created_at");

-- CreateIndex
CREATE INDEX "delivery_status_created_at_idx" ON "delivery"("status", "created_at");

-- CreateIndex
CREATE INDEX "delivery_requested_by_idx" ON "delivery"("requested_by");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_run_id_channel_recipient_key" ON "delivery"("run_id", "channel", "recipient");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_notice_id_channel_recipient_key" ON "delivery"("notice_id", "channel", "recipient");

-- CreateIndex
CREATE UNIQUE INDEX "notice_key_key" ON "notice"("key");

-- CreateIndex
CREATE INDEX "watch_rule_active_idx" ON "watch_rule"("active");

-- CreateIndex
CREATE INDEX "watch_rule_created_by_idx" ON "watch_rule"("created_by");

-- CreateIndex
CREATE INDEX "watch_event_rule_id_subject_at_idx" ON "watch_event"("rule_id", "subject", "at");

-- CreateIndex
CREATE INDEX "report_run_code_idx" ON "report_run"("code");

-- CreateIndex
CREATE INDEX "report_run_schedule_id_series_idx" ON "report_run"("schedule_id", "series");

-- CreateIndex
CREATE UNIQUE INDEX "report_run_schedule_id_due_at_series_key" ON "report_run"("schedule_id", "due_at", "series");

-- AddForeignKey
ALTER TABLE "report_run" ADD CONSTRAINT "report_run_schedule_id_due_at_fkey" FOREIGN KEY ("schedule_id", "due_at") REFERENCES "schedule_occurrence"("schedule_id", "due_at") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report_run" ADD CONSTRAINT "report_run_previous_id_fkey" FOREIGN KEY ("previous_id") REFERENCES "report_run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule_occurrence" ADD CONSTRAINT "schedule_occurrence_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "report_schedule"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "report_run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_notice_id_fkey" FOREIGN KEY ("notice_id") REFERENCES "notice"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhook"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notice" ADD CONSTRAINT "notice_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "watch_rule"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "watch_event" ADD CONSTRAINT "watch_event_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "watch_rule"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "watch_event" ADD CONSTRAINT "watch_event_notice_id_fkey" FOREIGN KEY ("notice_id") REFERENCES "notice"("id") ON DELETE SET NULL ON UPDATE CASCADE;
