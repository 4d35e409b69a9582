import type { documents as fr } from './documents.fr.js';

/** What a reader of a report as a document sees, in English. */
export const documents: Readonly<Record<keyof typeof fr, string>> = {
  'title.commitment_vs_disbursement': 'Pledges, commitments and disbursements',
  'title.plan_coverage': 'Coverage of response plans',
  'title.regional': 'Regional financing, internal transfers apart',
  'title.fund_statement': 'Statement of a pooled fund',
  'title.attribution': 'Attribution of contributions',
  'title.mechanisms': 'Comparison of financing mechanisms',
  'title.forum_follow_up': 'Follow-up of a forum’s pledges',
  'title.pledge_fulfilment': 'Pledge fulfilment',
  'title.ageing': 'Ageing of unpaid amounts',
  'title.donor_statement': 'Statement of a donor',
  'title.state_brief': 'State brief',
  'title.regional_brief': 'Regional brief',
};
