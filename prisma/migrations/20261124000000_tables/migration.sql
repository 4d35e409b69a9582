-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "organisation_role" AS ENUM ('donor', 'fund_administrator', 'implementer', 'ministry', 'social_protection_body');

-- CreateEnum
CREATE TYPE "user_role" AS ENUM ('administrator', 'finance_officer', 'approver', 'donor', 'minister', 'auditor');

-- CreateEnum
CREATE TYPE "contribution_type" AS ENUM ('financial', 'in_kind', 'technical_assistance');

-- CreateEnum
CREATE TYPE "earmarking" AS ENUM ('unearmarked', 'softly_earmarked', 'earmarked', 'tightly_earmarked');

-- CreateEnum
CREATE TYPE "destination_kind" AS ENUM ('state', 'states', 'region', 'fund', 'plan', 'unspecified');

-- CreateEnum
CREATE TYPE "boundary" AS ENUM ('crossing', 'internal');

-- CreateEnum
CREATE TYPE "stage" AS ENUM ('pledge', 'commitment', 'disbursement');

-- CreateEnum
CREATE TYPE "entry_kind" AS ENUM ('pledge', 'commitment', 'amendment', 'disbursement', 'reversal');

-- CreateEnum
CREATE TYPE "posted_status" AS ENUM ('active', 'reversed');

-- CreateEnum
CREATE TYPE "disbursement_status" AS ENUM ('draft', 'submitted', 'approved', 'received', 'rejected', 'reversed');

-- CreateEnum
CREATE TYPE "approval_status" AS ENUM ('submitted', 'approved', 'rejected');

-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('queued', 'running', 'ready', 'failed');

-- CreateEnum
CREATE TYPE "source_outcome" AS ENUM ('posted', 'no_amount', 'closed');

-- CreateEnum
CREATE TYPE "revised_kind" AS ENUM ('organisation', 'response_plan', 'pooled_fund', 'event');

-- CreateTable
CREATE TABLE "country" (
    "iso3" CHAR(3) NOT NULL,
    "iso2" CHAR(2) NOT NULL,
    "numeric" TEXT,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "aliases" TEXT[],
    "pseudo" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "country_pkey" PRIMARY KEY ("iso3")
);

-- CreateTable
CREATE TABLE "region" (
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,

    CONSTRAINT "region_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "region_membership" (
    "region" TEXT NOT NULL,
    "iso3" CHAR(3) NOT NULL,
    "status" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "valid_to" DATE,
    "source" TEXT NOT NULL,

    CONSTRAINT "region_membership_pkey" PRIMARY KEY ("region","iso3","valid_from")
);

-- CreateTable
CREATE TABLE "currency" (
    "code" CHAR(3) NOT NULL,
    "numeric" TEXT,
    "exponent" SMALLINT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "historic" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "currency_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "sector" (
    "code" TEXT NOT NULL,
    "parent_code" TEXT,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "aliases" TEXT[],

    CONSTRAINT "sector_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "mechanism" (
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "definition_fr" TEXT NOT NULL,
    "definition_en" TEXT NOT NULL,

    CONSTRAINT "mechanism_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "code_list_entry" (
    "list" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,

    CONSTRAINT "code_list_entry_pkey" PRIMARY KEY ("list","code")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password_hash" TEXT,
    "roles" "user_role"[],
    "states" TEXT[],
    "organisation_id" UUID,
    "language" CHAR(2) NOT NULL DEFAULT 'fr',
    "active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organisation" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "name_fr" TEXT,
    "name_en" TEXT,
    "acronym" TEXT,
    "type" TEXT NOT NULL,
    "roles" "organisation_role"[],
    "country_iso3" CHAR(3),
    "merged_into_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organisation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organisation_identifier" (
    "system" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL,

    CONSTRAINT "organisation_identifier_pkey" PRIMARY KEY ("system","value")
);

-- CreateTable
CREATE TABLE "pooled_fund" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "administrator_id" UUID,
    "currency" CHAR(3) NOT NULL,
    "countries" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pooled_fund_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "response_plan" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "fts_id" TEXT,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "countries" TEXT[],
    "year" INTEGER,
    "starts_on" DATE,
    "ends_on" DATE,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "response_plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plan_requirement" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "as_of" DATE NOT NULL,
    "source" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_requirement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "place" TEXT,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "record_revision" (
    "kind" "revised_kind" NOT NULL,
    "record_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "data" JSONB NOT NULL,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "record_revision_pkey" PRIMARY KEY ("kind","record_id","revision")
);

-- CreateTable
CREATE TABLE "fx_rate" (
    "source" TEXT NOT NULL,
    "base" CHAR(3) NOT NULL,
    "quote" CHAR(3) NOT NULL,
    "date" DATE NOT NULL,
    "rate" DECIMAL(30,15) NOT NULL,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "fx_rate_pkey" PRIMARY KEY ("source","base","quote","date")
);

-- CreateTable
CREATE TABLE "pledge" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "donor_id" UUID NOT NULL,
    "recipient_id" UUID,
    "mechanism" TEXT NOT NULL,
    "contribution_type" "contribution_type" NOT NULL,
    "earmarking" "earmarking",
    "destination_kind" "destination_kind" NOT NULL,
    "region" TEXT,
    "fund_id" UUID,
    "event_id" UUID,
    "splits" JSONB NOT NULL,
    "countries" TEXT[],
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "boundary" "boundary" NOT NULL DEFAULT 'crossing',
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "committed_minor" BIGINT NOT NULL DEFAULT 0,
    "value_date" DATE NOT NULL,
    "description" TEXT NOT NULL,
    "conditions" TEXT,
    "evidence_reference" TEXT,
    "evidence_link" TEXT,
    "status" "posted_status" NOT NULL DEFAULT 'active',
    "source_system" TEXT,
    "external_id" TEXT,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pledge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pledge_instalment" (
    "pledge_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "due_on" DATE NOT NULL,
    "amount_minor" BIGINT NOT NULL,

    CONSTRAINT "pledge_instalment_pkey" PRIMARY KEY ("pledge_id","number")
);

-- CreateTable
CREATE TABLE "commitment" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "pledge_id" UUID,
    "donor_id" UUID NOT NULL,
    "recipient_id" UUID,
    "mechanism" TEXT NOT NULL,
    "contribution_type" "contribution_type" NOT NULL,
    "earmarking" "earmarking",
    "destination_kind" "destination_kind" NOT NULL,
    "region" TEXT,
    "fund_id" UUID,
    "splits" JSONB NOT NULL,
    "countries" TEXT[],
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "boundary" "boundary" NOT NULL DEFAULT 'crossing',
    "amount_minor" BIGINT NOT NULL,
    "current_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "disbursed_minor" BIGINT NOT NULL DEFAULT 0,
    "value_date" DATE NOT NULL,
    "description" TEXT NOT NULL,
    "conditions" TEXT,
    "evidence_reference" TEXT,
    "evidence_link" TEXT,
    "status" "posted_status" NOT NULL DEFAULT 'active',
    "source_system" TEXT,
    "external_id" TEXT,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "commitment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "amendment" (
    "id" UUID NOT NULL,
    "commitment_id" UUID NOT NULL,
    "delta_minor" BIGINT NOT NULL,
    "value_date" DATE NOT NULL,
    "reason" TEXT NOT NULL,
    "status" "approval_status" NOT NULL DEFAULT 'submitted',
    "prepared_by" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(6),
    "decision_reason" TEXT,

    CONSTRAINT "amendment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "disbursement" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "commitment_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "value_date" DATE NOT NULL,
    "description" TEXT NOT NULL,
    "evidence_reference" TEXT,
    "evidence_link" TEXT,
    "status" "disbursement_status" NOT NULL DEFAULT 'draft',
    "prepared_by" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "submitted_by" UUID,
    "submitted_at" TIMESTAMPTZ(6),
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(6),
    "rejection_reason" TEXT,
    "received_on" DATE,
    "received_by" UUID,
    "source_system" TEXT,
    "external_id" TEXT,

    CONSTRAINT "disbursement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reversal" (
    "id" UUID NOT NULL,
    "stage" "stage" NOT NULL,
    "pledge_id" UUID,
    "commitment_id" UUID,
    "disbursement_id" UUID,
    "reason" TEXT NOT NULL,
    "status" "approval_status" NOT NULL DEFAULT 'submitted',
    "prepared_by" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(6),
    "decision_reason" TEXT,

    CONSTRAINT "reversal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "journal_entry" (
    "id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "kind" "entry_kind" NOT NULL,
    "stage" "stage" NOT NULL,
    "pledge_id" UUID,
    "commitment_id" UUID,
    "disbursement_id" UUID,
    "amendment_id" UUID,
    "reverses_id" UUID,
    "value_date" DATE NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_by" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "usd_minor" BIGINT,
    "eur_minor" BIGINT,
    "xof_minor" BIGINT,
    "fx" JSONB NOT NULL,
    "import_id" UUID,
    "reason" TEXT,

    CONSTRAINT "journal_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "journal_line" (
    "entry_id" UUID NOT NULL,
    "cell" SMALLINT NOT NULL,
    "stage" "stage" NOT NULL,
    "value_date" DATE NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "restricted" BOOLEAN NOT NULL,
    "boundary" "boundary" NOT NULL,
    "donor_id" UUID NOT NULL,
    "recipient_id" UUID,
    "mechanism" TEXT NOT NULL,
    "contribution_type" "contribution_type" NOT NULL,
    "fund_id" UUID,
    "event_id" UUID,
    "countries" TEXT[],
    "sectors" TEXT[],
    "beneficiary_groups" TEXT[],
    "plans" TEXT[],
    "usage_years" TEXT[],
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "usd_minor" BIGINT,
    "eur_minor" BIGINT,
    "xof_minor" BIGINT,

    CONSTRAINT "journal_line_pkey" PRIMARY KEY ("entry_id","cell")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_id" UUID,
    "action" TEXT NOT NULL,
    "record_kind" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "request_id" TEXT,
    "detail" JSONB NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_run" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "options" JSONB NOT NULL,
    "dry_run" BOOLEAN NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'queued',
    "progress" SMALLINT NOT NULL DEFAULT 0,
    "summary" JSONB,
    "error" TEXT,
    "requested_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "import_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_file" (
    "import_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "import_file_pkey" PRIMARY KEY ("import_id","number")
);

-- CreateTable
CREATE TABLE "import_row" (
    "import_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "file" TEXT,
    "row" INTEGER,
    "external_id" TEXT,
    "action" TEXT NOT NULL,
    "code" TEXT,
    "detail" JSONB NOT NULL,

    CONSTRAINT "import_row_pkey" PRIMARY KEY ("import_id","number")
);

-- CreateTable
CREATE TABLE "source_flow" (
    "source_system" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "version" INTEGER,
    "updated_on" DATE,
    "content_hash" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "outcome" "source_outcome" NOT NULL,
    "pledge_id" UUID,
    "commitment_id" UUID,
    "disbursement_id" UUID,
    "import_id" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "source_flow_pkey" PRIMARY KEY ("source_system","external_id","seq")
);

-- CreateTable
CREATE TABLE "report_run" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "as_of" TIMESTAMPTZ(6) NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'queued',
    "progress" SMALLINT NOT NULL DEFAULT 0,
    "step" TEXT,
    "hash" TEXT,
    "code_version" TEXT,
    "error" TEXT,
    "requested_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "report_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report_artefact" (
    "run_id" UUID NOT NULL,
    "format" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "sha256" TEXT NOT NULL,

    CONSTRAINT "report_artefact_pkey" PRIMARY KEY ("run_id","format","language")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" UUID NOT NULL,
    "job" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "queued_at" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "done_at" TIMESTAMPTZ(6),
    "failed_at" TIMESTAMPTZ(6),
    "last_error" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "user_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "response_status" SMALLINT,
    "response_body" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("user_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "country_iso2_key" ON "country"("iso2");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_email_key" ON "app_user"("email");

-- CreateIndex
CREATE INDEX "organisation_name_idx" ON "organisation"("name");

-- CreateIndex
CREATE INDEX "organisation_identifier_organisation_id_idx" ON "organisation_identifier"("organisation_id");

-- CreateIndex
CREATE UNIQUE INDEX "pooled_fund_code_key" ON "pooled_fund"("code");

-- CreateIndex
CREATE UNIQUE INDEX "response_plan_code_key" ON "response_plan"("code");

-- CreateIndex
CREATE UNIQUE INDEX "response_plan_fts_id_key" ON "response_plan"("fts_id");

-- CreateIndex
CREATE UNIQUE INDEX "plan_requirement_plan_id_as_of_amount_minor_key" ON "plan_requirement"("plan_id", "as_of", "amount_minor");

-- CreateIndex
CREATE UNIQUE INDEX "event_code_key" ON "event"("code");

-- CreateIndex
CREATE INDEX "fx_rate_quote_date_idx" ON "fx_rate"("quote", "date");

-- CreateIndex
CREATE INDEX "fx_rate_date_quote_source_base_idx" ON "fx_rate"("date" DESC, "quote", "source", "base");

-- CreateIndex
CREATE UNIQUE INDEX "pledge_reference_key" ON "pledge"("reference");

-- CreateIndex
CREATE INDEX "pledge_donor_id_idx" ON "pledge"("donor_id");

-- CreateIndex
CREATE INDEX "pledge_event_id_idx" ON "pledge"("event_id");

-- CreateIndex
CREATE INDEX "pledge_value_date_id_idx" ON "pledge"("value_date", "id");

-- CreateIndex
CREATE INDEX "pledge_recorded_at_id_idx" ON "pledge"("recorded_at", "id");

-- CreateIndex
CREATE INDEX "pledge_countries_idx" ON "pledge" USING GIN ("countries");

-- CreateIndex
CREATE INDEX "pledge_source_system_external_id_idx" ON "pledge"("source_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "commitment_reference_key" ON "commitment"("reference");

-- CreateIndex
CREATE INDEX "commitment_pledge_id_idx" ON "commitment"("pledge_id");

-- CreateIndex
CREATE INDEX "commitment_donor_id_idx" ON "commitment"("donor_id");

-- CreateIndex
CREATE INDEX "commitment_value_date_id_idx" ON "commitment"("value_date", "id");

-- CreateIndex
CREATE INDEX "commitment_recorded_at_id_idx" ON "commitment"("recorded_at", "id");

-- CreateIndex
CREATE INDEX "commitment_countries_idx" ON "commitment" USING GIN ("countries");

-- CreateIndex
CREATE INDEX "commitment_source_system_external_id_idx" ON "commitment"("source_system", "external_id");

-- CreateIndex
CREATE INDEX "amendment_commitment_id_idx" ON "amendment"("commitment_id");

-- CreateIndex
CREATE INDEX "amendment_status_prepared_at_idx" ON "amendment"("status", "prepared_at");

-- CreateIndex
CREATE UNIQUE INDEX "disbursement_reference_key" ON "disbursement"("reference");

-- CreateIndex
CREATE INDEX "disbursement_commitment_id_idx" ON "disbursement"("commitment_id");

-- CreateIndex
CREATE INDEX "disbursement_status_prepared_at_idx" ON "disbursement"("status", "prepared_at");

-- CreateIndex
CREATE INDEX "disbursement_value_date_id_idx" ON "disbursement"("value_date", "id");

-- CreateIndex
CREATE INDEX "disbursement_source_system_external_id_idx" ON "disbursement"("source_system", "external_id");

-- CreateIndex
CREATE INDEX "reversal_status_prepared_at_idx" ON "reversal"("status", "prepared_at");

-- CreateIndex
CREATE INDEX "reversal_pledge_id_idx" ON "reversal"("pledge_id");

-- CreateIndex
CREATE INDEX "reversal_commitment_id_idx" ON "reversal"("commitment_id");

-- CreateIndex
CREATE INDEX "reversal_disbursement_id_idx" ON "reversal"("disbursement_id");

-- CreateIndex
CREATE UNIQUE INDEX "journal_entry_seq_key" ON "journal_entry"("seq");

-- CreateIndex
CREATE UNIQUE INDEX "journal_entry_reverses_id_key" ON "journal_entry"("reverses_id");

-- CreateIndex
CREATE INDEX "journal_entry_pledge_id_idx" ON "journal_entry"("pledge_id");

-- CreateIndex
CREATE INDEX "journal_entry_commitment_id_idx" ON "journal_entry"("commitment_id");

-- CreateIndex
CREATE INDEX "journal_entry_disbursement_id_idx" ON "journal_entry"("disbursement_id");

-- CreateIndex
CREATE INDEX "journal_entry_recorded_at_idx" ON "journal_entry"("recorded_at");

-- CreateIndex
CREATE UNIQUE INDEX "journal_entry_id_recorded_at_value_date_stage_key" ON "journal_entry"("id", "recorded_at", "value_date", "stage");

-- CreateIndex
CREATE INDEX "journal_line_donor_id_idx" ON "journal_line"("donor_id");

-- CreateIndex
CREATE INDEX "journal_line_recorded_at_idx" ON "journal_line"("recorded_at");

-- CreateIndex
CREATE INDEX "journal_line_countries_idx" ON "journal_line" USING GIN ("countries");

-- CreateIndex
CREATE INDEX "audit_event_record_kind_record_id_idx" ON "audit_event"("record_kind", "record_id");

-- CreateIndex
CREATE INDEX "audit_event_at_idx" ON "audit_event"("at");

-- CreateIndex
CREATE INDEX "import_run_created_at_id_idx" ON "import_run"("created_at", "id");

-- CreateIndex
CREATE INDEX "import_row_import_id_action_number_idx" ON "import_row"("import_id", "action", "number");

-- CreateIndex
CREATE INDEX "source_flow_recorded_at_idx" ON "source_flow"("recorded_at");

-- CreateIndex
CREATE INDEX "report_run_created_at_id_idx" ON "report_run"("created_at", "id");

-- CreateIndex
CREATE INDEX "report_run_requested_by_idx" ON "report_run"("requested_by");

-- CreateIndex
CREATE INDEX "outbox_done_at_failed_at_queued_at_idx" ON "outbox"("done_at", "failed_at", "queued_at");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "region_membership" ADD CONSTRAINT "region_membership_region_fkey" FOREIGN KEY ("region") REFERENCES "region"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "region_membership" ADD CONSTRAINT "region_membership_iso3_fkey" FOREIGN KEY ("iso3") REFERENCES "country"("iso3") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sector" ADD CONSTRAINT "sector_parent_code_fkey" FOREIGN KEY ("parent_code") REFERENCES "sector"("code") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_organisation_id_fkey" FOREIGN KEY ("organisation_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_country_iso3_fkey" FOREIGN KEY ("country_iso3") REFERENCES "country"("iso3") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_merged_into_id_fkey" FOREIGN KEY ("merged_into_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organisation_identifier" ADD CONSTRAINT "organisation_identifier_organisation_id_fkey" FOREIGN KEY ("organisation_id") REFERENCES "organisation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pooled_fund" ADD CONSTRAINT "pooled_fund_administrator_id_fkey" FOREIGN KEY ("administrator_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_requirement" ADD CONSTRAINT "plan_requirement_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "response_plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_donor_id_fkey" FOREIGN KEY ("donor_id") REFERENCES "organisation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_recipient_id_fkey" FOREIGN KEY ("recipient_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_mechanism_fkey" FOREIGN KEY ("mechanism") REFERENCES "mechanism"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_fund_id_fkey" FOREIGN KEY ("fund_id") REFERENCES "pooled_fund"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "event"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge_instalment" ADD CONSTRAINT "pledge_instalment_pledge_id_fkey" FOREIGN KEY ("pledge_id") REFERENCES "pledge"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_pledge_id_fkey" FOREIGN KEY ("pledge_id") REFERENCES "pledge"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_donor_id_fkey" FOREIGN KEY ("donor_id") REFERENCES "organisation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_recipient_id_fkey" FOREIGN KEY ("recipient_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_mechanism_fkey" FOREIGN KEY ("mechanism") REFERENCES "mechanism"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_fund_id_fkey" FOREIGN KEY ("fund_id") REFERENCES "pooled_fund"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "amendment" ADD CONSTRAINT "amendment_commitment_id_fkey" FOREIGN KEY ("commitment_id") REFERENCES "commitment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disbursement" ADD CONSTRAINT "disbursement_commitment_id_fkey" FOREIGN KEY ("commitment_id") REFERENCES "commitment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reversal" ADD CONSTRAINT "reversal_pledge_id_fkey" FOREIGN KEY ("pledge_id") REFERENCES "pledge"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reversal" ADD CONSTRAINT "reversal_commitment_id_fkey" FOREIGN KEY ("commitment_id") REFERENCES "commitment"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reversal" ADD CONSTRAINT "reversal_disbursement_id_fkey" FOREIGN KEY ("disbursement_id") REFERENCES "disbursement"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "journal_entry" ADD CONSTRAINT "journal_entry_reverses_id_fkey" FOREIGN KEY ("reverses_id") REFERENCES "journal_entry"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "journal_line" ADD CONSTRAINT "journal_line_entry_id_recorded_at_value_date_stage_fkey" FOREIGN KEY ("entry_id", "recorded_at", "value_date", "stage") REFERENCES "journal_entry"("id", "recorded_at", "value_date", "stage") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_file" ADD CONSTRAINT "import_file_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "import_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_row" ADD CONSTRAINT "import_row_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "import_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report_artefact" ADD CONSTRAINT "report_artefact_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "report_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
