import type { LineDraft } from '../../domain/posting.js';

/** The codes of a cell as both books keep them. */
export interface CodeColumns {
  readonly countries: string[];
  readonly sectors: string[];
  readonly beneficiary_groups: string[];
  readonly plans: string[];
  readonly usage_years: string[];
}

/** The codes of a cell, of its columns. */
export function codesOf(row: CodeColumns): LineDraft['codes'] {
  return { country: row.countries, sector: row.sectors, beneficiaryGroup: row.beneficiary_groups, plan: row.plans, usageYear: row.usage_years };
}

/** A line as JSON for the columns that both books keep of it. */
export function lineColumns({ cell, codes, amountMinor, converted }: LineDraft): object {
  return {
    cell,
    countries: codes.country,
    sectors: codes.sector,
    beneficiary_groups: codes.beneficiaryGroup,
    plans: codes.plan,
    usage_years: codes.usageYear,
    amount_minor: String(amountMinor),
    usd_minor: textOf(converted.USD),
    eur_minor: textOf(converted.EUR),
    xof_minor: textOf(converted.XOF),
  };
}

/** JSON has no bigint; PostgreSQL reads the digits. */
export function textOf(minor: bigint | null | undefined): string | null {
  return minor === null || minor === undefined ? null : String(minor);
}
