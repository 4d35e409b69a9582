-- CreateEnum
CREATE TYPE "fund_status" AS ENUM ('open', 'closed');

-- CreateEnum
CREATE TYPE "modality" AS ENUM ('standard', 'reserve');

-- CreateEnum
CREATE TYPE "proposal_status" AS ENUM ('draft', 'submitted', 'awarded', 'declined', 'withdrawn');

-- CreateEnum
CREATE TYPE "fund_operation_kind" AS ENUM ('carry_over', 'interest', 'donor_refund', 'fee', 'direct_cost', 'allocation', 'allocation_change', 'transfer', 'refund', 'expenditure', 'fund_transfer', 'closure', 'reversal');

-- CreateEnum
CREATE TYPE "fund_operation_status" AS ENUM ('submitted', 'approved', 'rejected', 'reversed');

-- CreateEnum
CREATE TYPE "fund_entry_kind" AS ENUM ('deposit', 'from_fund', 'carry_over', 'interest', 'donor_refund', 'fee', 'direct_cost', 'to_fund', 'allocation', 'transfer', 'refund', 'expenditure');

-- CreateEnum
CREATE TYPE "instrument_event_kind" AS ENUM ('cost', 'trigger', 'activation', 'payout');

-- AlterEnum
ALTER TYPE "approved_kind" ADD VALUE 'fund_operation';

-- AlterEnum
ALTER TYPE "source_outcome" ADD VALUE 'twin';

-- AlterTable
ALTER TABLE "commitment" ADD COLUMN     "fund_window_id" UUID,
ADD COLUMN     "instrument_id" UUID,
ADD COLUMN     "valuation" JSONB;

-- AlterTable
ALTER TABLE "disbursement" ADD COLUMN     "credited_minor" BIGINT;

-- AlterTable
ALTER TABLE "plan_requirement" ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'revised';

-- AlterTable
ALTER TABLE "pledge" ADD COLUMN     "fund_window_id" UUID,
ADD COLUMN     "instrument_id" UUID,
ADD COLUMN     "valuation" JSONB;

-- AlterTable
ALTER TABLE "pooled_fund" ADD COLUMN     "external_id" TEXT,
ADD COLUMN     "fee_units" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "source_system" TEXT,
ADD COLUMN     "status" "fund_status" NOT NULL DEFAULT 'open';

-- AlterTable
ALTER TABLE "response_plan" ADD COLUMN     "beneficiary_groups" TEXT[],
ADD COLUMN     "category" TEXT,
ADD COLUMN     "sectors" TEXT[];

-- AlterTable
ALTER TABLE "source_flow" ADD COLUMN     "operation_id" UUID;

-- CreateTable
CREATE TABLE "fund_window" (
    "id" UUID NOT NULL,
    "fund_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "country" CHAR(3),
    "opens_on" DATE,
    "closes_on" DATE,
    "minimum_minor" BIGINT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "fund_window_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "allocation_round" (
    "id" UUID NOT NULL,
    "fund_id" UUID NOT NULL,
    "window_id" UUID,
    "code" TEXT NOT NULL,
    "modality" "modality" NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "ceiling_minor" BIGINT,
    "opens_on" DATE NOT NULL,
    "closes_on" DATE,
    "status" "fund_status" NOT NULL DEFAULT 'open',
    "source_system" TEXT,
    "external_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "allocation_round_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proposal" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "round_id" UUID NOT NULL,
    "partner_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "requested_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "splits" JSONB NOT NULL,
    "countries" TEXT[],
    "description" TEXT NOT NULL,
    "status" "proposal_status" NOT NULL DEFAULT 'draft',
    "prepared_by" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "submitted_by" UUID,
    "submitted_at" TIMESTAMPTZ(6),
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(6),
    "decision_reason" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "proposal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fund_operation" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "kind" "fund_operation_kind" NOT NULL,
    "fund_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "value_date" DATE NOT NULL,
    "description" TEXT NOT NULL,
    "evidence_reference" TEXT,
    "evidence_link" TEXT,
    "round_id" UUID,
    "proposal_id" UUID,
    "allocation_id" UUID,
    "partner_id" UUID,
    "to_fund_id" UUID,
    "received_minor" BIGINT,
    "undoes_id" UUID,
    "splits" JSONB NOT NULL,
    "countries" TEXT[],
    "status" "fund_operation_status" NOT NULL DEFAULT 'submitted',
    "prepared_by" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(6),
    "decision_reason" TEXT,
    "source_system" TEXT,
    "external_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "fund_operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fund_entry" (
    "id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "kind" "fund_entry_kind" NOT NULL,
    "fund_id" UUID NOT NULL,
    "window_id" UUID,
    "operation_id" UUID,
    "commitment_id" UUID,
    "disbursement_id" UUID,
    "allocation_id" UUID,
    "reverses_id" UUID,
    "cell" SMALLINT NOT NULL,
    "donor_id" UUID,
    "partner_id" UUID,
    "counter_fund_id" UUID,
    "restricted" BOOLEAN NOT NULL,
    "countries" TEXT[],
    "sectors" TEXT[],
    "beneficiary_groups" TEXT[],
    "plans" TEXT[],
    "usage_years" TEXT[],
    "value_date" DATE NOT NULL,
    "occurred_on" DATE,
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

    CONSTRAINT "fund_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fund_account" (
    "fund_id" UUID NOT NULL,
    "income_minor" BIGINT NOT NULL DEFAULT 0,
    "allocated_minor" BIGINT NOT NULL DEFAULT 0,
    "mirrored" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "fund_account_pkey" PRIMARY KEY ("fund_id")
);

-- CreateTable
CREATE TABLE "allocation_account" (
    "allocation_id" UUID NOT NULL,
    "fund_id" UUID NOT NULL,
    "allocated_minor" BIGINT NOT NULL DEFAULT 0,
    "transferred_minor" BIGINT NOT NULL DEFAULT 0,
    "spent_minor" BIGINT NOT NULL DEFAULT 0,
    "mirrored" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "allocation_account_pkey" PRIMARY KEY ("allocation_id")
);

-- CreateTable
CREATE TABLE "instrument" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "mechanism" TEXT NOT NULL,
    "name_fr" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "provider_id" UUID,
    "holder_id" UUID,
    "countries" TEXT[],
    "currency" CHAR(3) NOT NULL,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE,
    "terms" JSONB NOT NULL,
    "replica_of_id" UUID,
    "description" TEXT NOT NULL,
    "evidence_reference" TEXT,
    "evidence_link" TEXT,
    "recorded_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "instrument_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "instrument_event" (
    "id" UUID NOT NULL,
    "instrument_id" UUID NOT NULL,
    "kind" "instrument_event_kind" NOT NULL,
    "follows_id" UUID,
    "undoes_id" UUID,
    "occurred_on" DATE NOT NULL,
    "observed" TEXT,
    "release" TEXT,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "commitment_id" UUID,
    "description" TEXT NOT NULL,
    "source" TEXT,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "instrument_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_statement" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "donor_id" UUID NOT NULL,
    "countries" TEXT[],
    "recipient_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "value_date" DATE NOT NULL,
    "donor_reference" TEXT,
    "description" TEXT NOT NULL,
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "withdrawn_by" UUID,
    "withdrawn_at" TIMESTAMPTZ(6),
    "withdrawal_reason" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "payment_statement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "twin_settlement" (
    "id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "disbursement_id" UUID NOT NULL,
    "statement_id" UUID,
    "imported_id" UUID,
    "same" BOOLEAN NOT NULL,
    "differences" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "settled_by" UUID NOT NULL,
    "settled_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "twin_settlement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "requirement_part" (
    "requirement_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "country" CHAR(3),
    "sector" TEXT,
    "beneficiary_group" TEXT,
    "amount_minor" BIGINT NOT NULL,

    CONSTRAINT "requirement_part_pkey" PRIMARY KEY ("requirement_id","number")
);

-- CreateTable
CREATE TABLE "plan_caseload" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "country" CHAR(3),
    "sector" TEXT,
    "beneficiary_group" TEXT,
    "in_need" BIGINT,
    "targeted" BIGINT,
    "reached" BIGINT,
    "as_of" DATE NOT NULL,
    "source" TEXT NOT NULL,
    "recorded_by" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_caseload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "published_funding" (
    "id" UUID NOT NULL,
    "source_system" TEXT NOT NULL,
    "plan_id" UUID,
    "country" CHAR(3) NOT NULL,
    "year" INTEGER NOT NULL,
    "requirements_minor" BIGINT,
    "funding_minor" BIGINT,
    "percent" INTEGER,
    "currency" CHAR(3) NOT NULL,
    "as_of" DATE NOT NULL,
    "import_id" UUID,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "published_funding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "commitment_instalment" (
    "commitment_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "due_on" DATE NOT NULL,
    "amount_minor" BIGINT NOT NULL,

    CONSTRAINT "commitment_instalment_pkey" PRIMARY KEY ("commitment_id","number")
);

-- CreateIndex
CREATE UNIQUE INDEX "fund_window_fund_id_code_key" ON "fund_window"("fund_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "allocation_round_fund_id_code_key" ON "allocation_round"("fund_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "proposal_reference_key" ON "proposal"("reference");

-- CreateIndex
CREATE INDEX "proposal_round_id_status_idx" ON "proposal"("round_id", "status");

-- CreateIndex
CREATE INDEX "proposal_countries_idx" ON "proposal" USING GIN ("countries");

-- CreateIndex
CREATE UNIQUE INDEX "fund_operation_reference_key" ON "fund_operation"("reference");

-- CreateIndex
CREATE INDEX "fund_operation_fund_id_status_idx" ON "fund_operation"("fund_id", "status");

-- CreateIndex
CREATE INDEX "fund_operation_allocation_id_idx" ON "fund_operation"("allocation_id");

-- CreateIndex
CREATE INDEX "fund_operation_undoes_id_idx" ON "fund_operation"("undoes_id");

-- CreateIndex
CREATE INDEX "fund_operation_status_prepared_at_idx" ON "fund_operation"("status", "prepared_at");

-- CreateIndex
CREATE INDEX "fund_operation_countries_idx" ON "fund_operation" USING GIN ("countries");

-- CreateIndex
CREATE INDEX "fund_operation_source_system_external_id_idx" ON "fund_operation"("source_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "fund_entry_seq_key" ON "fund_entry"("seq");

-- CreateIndex
CREATE UNIQUE INDEX "fund_entry_reverses_id_key" ON "fund_entry"("reverses_id");

-- CreateIndex
CREATE INDEX "fund_entry_fund_id_kind_idx" ON "fund_entry"("fund_id", "kind");

-- CreateIndex
CREATE INDEX "fund_entry_operation_id_idx" ON "fund_entry"("operation_id");

-- CreateIndex
CREATE INDEX "fund_entry_disbursement_id_idx" ON "fund_entry"("disbursement_id");

-- CreateIndex
CREATE INDEX "fund_entry_allocation_id_idx" ON "fund_entry"("allocation_id");

-- CreateIndex
CREATE INDEX "fund_entry_recorded_at_idx" ON "fund_entry"("recorded_at");

-- CreateIndex
CREATE INDEX "fund_entry_donor_id_idx" ON "fund_entry"("donor_id");

-- CreateIndex
CREATE INDEX "fund_entry_countries_idx" ON "fund_entry" USING GIN ("countries");

-- CreateIndex
CREATE INDEX "allocation_account_fund_id_idx" ON "allocation_account"("fund_id");

-- CreateIndex
CREATE UNIQUE INDEX "instrument_reference_key" ON "instrument"("reference");

-- CreateIndex
CREATE INDEX "instrument_mechanism_idx" ON "instrument"("mechanism");

-- CreateIndex
CREATE INDEX "instrument_countries_idx" ON "instrument" USING GIN ("countries");

-- CreateIndex
CREATE UNIQUE INDEX "instrument_event_undoes_id_key" ON "instrument_event"("undoes_id");

-- CreateIndex
CREATE INDEX "instrument_event_instrument_id_idx" ON "instrument_event"("instrument_id");

-- CreateIndex
CREATE INDEX "instrument_event_commitment_id_idx" ON "instrument_event"("commitment_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_statement_reference_key" ON "payment_statement"("reference");

-- CreateIndex
CREATE INDEX "payment_statement_donor_id_idx" ON "payment_statement"("donor_id");

-- CreateIndex
CREATE INDEX "payment_statement_countries_idx" ON "payment_statement" USING GIN ("countries");

-- CreateIndex
CREATE UNIQUE INDEX "twin_settlement_seq_key" ON "twin_settlement"("seq");

-- CreateIndex
CREATE INDEX "twin_settlement_disbursement_id_idx" ON "twin_settlement"("disbursement_id");

-- CreateIndex
CREATE INDEX "twin_settlement_statement_id_idx" ON "twin_settlement"("statement_id");

-- CreateIndex
CREATE INDEX "twin_settlement_imported_id_idx" ON "twin_settlement"("imported_id");

-- CreateIndex
CREATE INDEX "plan_caseload_plan_id_recorded_at_idx" ON "plan_caseload"("plan_id", "recorded_at");

-- CreateIndex
CREATE INDEX "published_funding_plan_id_idx" ON "published_funding"("plan_id");

-- CreateIndex
CREATE INDEX "published_funding_country_year_idx" ON "published_funding"("country", "year");

-- CreateIndex
CREATE UNIQUE INDEX "pooled_fund_source_system_external_id_key" ON "pooled_fund"("source_system", "external_id");

-- AddForeignKey
ALTER TABLE "fund_window" ADD CONSTRAINT "fund_window_fund_id_fkey" FOREIGN KEY ("fund_id") REFERENCES "pooled_fund"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation_round" ADD CONSTRAINT "allocation_round_fund_id_fkey" FOREIGN KEY ("fund_id") REFERENCES "pooled_fund"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation_round" ADD CONSTRAINT "allocation_round_window_id_fkey" FOREIGN KEY ("window_id") REFERENCES "fund_window"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposal" ADD CONSTRAINT "proposal_round_id_fkey" FOREIGN KEY ("round_id") REFERENCES "allocation_round"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposal" ADD CONSTRAINT "proposal_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "organisation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fund_operation" ADD CONSTRAINT "fund_operation_fund_id_fkey" FOREIGN KEY ("fund_id") REFERENCES "pooled_fund"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fund_operation" ADD CONSTRAINT "fund_operation_round_id_fkey" FOREIGN KEY ("round_id") REFERENCES "allocation_round"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fund_operation" ADD CONSTRAINT "fund_operation_proposal_id_fkey" FOREIGN KEY ("proposal_id") REFERENCES "proposal"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fund_operation" ADD CONSTRAINT "fund_operation_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fund_operation" ADD CONSTRAINT "fund_operation_allocation_id_fkey" FOREIGN KEY ("allocation_id") REFERENCES "fund_operation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instrument" ADD CONSTRAINT "instrument_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instrument" ADD CONSTRAINT "instrument_holder_id_fkey" FOREIGN KEY ("holder_id") REFERENCES "organisation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instrument" ADD CONSTRAINT "instrument_replica_of_id_fkey" FOREIGN KEY ("replica_of_id") REFERENCES "instrument"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instrument_event" ADD CONSTRAINT "instrument_event_instrument_id_fkey" FOREIGN KEY ("instrument_id") REFERENCES "instrument"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_statement" ADD CONSTRAINT "payment_statement_donor_id_fkey" FOREIGN KEY ("donor_id") REFERENCES "organisation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "twin_settlement" ADD CONSTRAINT "twin_settlement_statement_id_fkey" FOREIGN KEY ("statement_id") REFERENCES "payment_statement"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "requirement_part" ADD CONSTRAINT "requirement_part_requirement_id_fkey" FOREIGN KEY ("requirement_id") REFERENCES "plan_requirement"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "plan_caseload" ADD CONSTRAINT "plan_caseload_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "response_plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "published_funding" ADD CONSTRAINT "published_funding_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "response_plan"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_fund_window_id_fkey" FOREIGN KEY ("fund_window_id") REFERENCES "fund_window"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pledge" ADD CONSTRAINT "pledge_instrument_id_fkey" FOREIGN KEY ("instrument_id") REFERENCES "instrument"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_fund_window_id_fkey" FOREIGN KEY ("fund_window_id") REFERENCES "fund_window"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment" ADD CONSTRAINT "commitment_instrument_id_fkey" FOREIGN KEY ("instrument_id") REFERENCES "instrument"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commitment_instalment" ADD CONSTRAINT "commitment_instalment_commitment_id_fkey" FOREIGN KEY ("commitment_id") REFERENCES "commitment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
