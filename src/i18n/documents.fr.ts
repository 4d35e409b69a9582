/** What a reader of a report as a document sees, in French. */
export const documents = {
  'title.commitment_vs_disbursement': 'Annonces, engagements et décaissements',
  'title.plan_coverage': 'Couverture des plans de réponse',
  'title.regional': 'Financement régional, transferts internes à part',
  'title.fund_statement': 'Relevé d’un fonds commun',
  'title.attribution': 'Attribution des contributions',
  'title.mechanisms': 'Comparaison des mécanismes de financement',
  'title.forum_follow_up': 'Suivi des annonces d’un forum',
  'title.pledge_fulfilment': 'Réalisation des annonces',
  'title.ageing': 'Ancienneté des montants non payés',
  'title.donor_statement': 'Relevé d’un donateur',
  'title.state_brief': 'Note de synthèse d’un État',
  'title.regional_brief': 'Note de synthèse régionale',
} as const;
