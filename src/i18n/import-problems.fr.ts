/** What an import says of the rows of its files, in French; {found} and {field} are filled in everywhere. */
export const importTextsFr = {
  /** Why a file, a row or a rate could not be taken in. */
  problem: {
    EMPTY_FILE: 'Le fichier est vide.',
    NOT_UTF8: 'Le fichier n’est pas en UTF-8 : enregistrez-le dans cet encodage (ligne {line} : « {found} »).',
    NOT_TEXT: 'Le fichier n’est pas un texte : attendu un CSV ou un JSON en UTF-8.',
    HTML_FILE: 'Le fichier est une page web et non des données : téléchargez-le de nouveau.',
    MALFORMED_CSV: 'Le CSV est mal formé vers la ligne {line} ({found}) : vérifiez les guillemets.',
    MALFORMED_JSON: 'Le JSON est mal formé : {found}',
    MISSING_COLUMNS: 'Il manque des colonnes : {columns}. Trouvé : {found}',
    REPEATED_COLUMNS: 'Des colonnes portent le même nom : {found}.',
    COLUMN_COUNT: 'La ligne a {found} cellules au lieu de {expected}.',
    SOURCE_ERROR: 'La source a répondu par une erreur et non par des flux : « {found} ».',
    NO_FLOWS: 'Le JSON ne contient pas de flux. Trouvé : {found}',
    FIELD_TYPE: 'Le champ {field} n’a pas la forme attendue : {found}',
    HEADERS_DIFFER: 'Les fichiers viennent de recherches différentes : leurs totaux ({found} flux) ne disent rien de l’ensemble.',
    CONFLICTING_DUPLICATE: 'Le flux se trouve plusieurs fois avec des contenus différents, aussi récents l’un que l’autre ({found} ; voir {others}) : aucun n’est repris.',
    FLOW_ID_FORMAT: '« {found} » n’est pas un numéro de flux.',
    STATUS_UNKNOWN: 'L’état « {found} » est inconnu ; attendu : pledge, commitment ou paid.',
    CONTRIBUTION_TYPE_UNKNOWN: 'Le type de contribution « {found} » est inconnu ; attendu : financial ou in kind.',
    ON_BOUNDARY_UNKNOWN: 'onBoundary « {found} » est inconnu ; attendu : single ou shared.',
    BOUNDARY_UNKNOWN: 'boundary « {found} » est inconnu ; attendu : incoming, outgoing ou internal.',
    AMOUNT_FORMAT: 'Le montant « {found} » n’est pas un nombre décimal avec un point.',
    AMOUNT_DIGITS: 'Le montant « {found} » a plus de décimales que sa devise.',
    AMOUNT_TOO_LARGE: 'Le montant « {found} » est trop grand pour être vraisemblable.',
    CURRENCY_UNKNOWN: '« {found} » n’est pas une devise connue.',
    CURRENCY_MISSING: 'La devise manque.',
    DATE_FORMAT: 'Le champ {field} ne contient pas une date : « {found} » ; attendu : AAAA-MM-JJ.',
    DATE_MISSING: 'Le champ {field} est vide ; il faut une date.',
    NO_VALUE_DATE: 'Aucune des dates du flux n’est passée ; la dernière possible est le {latest}. Trouvé : {found}',
    UNKNOWN_COUNTRY: 'Le pays « {found} » est inconnu ({field}).',
    USAGE_YEAR_FORMAT: '« {found} » n’est pas une année ({field}).',
    USAGE_YEARS_REVERSED: 'La dernière année d’utilisation précède la première : {found} ({field}).',
    RATE_FORMAT: 'Le taux « {found} » ({field}) n’est pas un nombre décimal d’au plus 15 chiffres de chaque côté du point.',
    RATE_NOT_POSITIVE: 'Le taux « {found} » ({field}) n’est pas positif.',
    RATE_OF_BASE: 'Un dollar ne vaut pas {found} dollars.',
    RATE_CONFLICT: 'Taux différents pour une même devise et un même jour : 1 EUR = {found} {field} le {date}. Un taux publié n’est jamais écrasé.',
    RATE_IN_FUTURE: 'Le taux de {field} est du {date}, dans le futur.',
  },
  /** Oddities of what was taken in all the same. */
  warning: {
    SHARED_OTHERS_NOT_LISTED: 'Flux partagé avec d’autres pays que la source n’énumère pas.',
    UNKNOWN_SECTOR: 'Un secteur n’est pas reconnu ; il est compté comme « non reconnu ».',
    SEVERAL_ORGANISATIONS: 'Plusieurs organisations du même côté, sans répartition.',
    AMOUNT_DIFFERS_FROM_RATE: 'Le montant publié en USD n’est pas le montant d’origine divisé par le taux publié ; le montant publié est gardé.',
    ORIGINAL_INCOMPLETE: 'Le montant d’origine ou sa devise manque ; le montant en USD est seul gardé.',
    ORIGINAL_UNUSABLE: 'Le montant d’origine n’est pas un montant exact de sa devise ; le montant en USD est seul gardé.',
    RATE_UNUSABLE: 'Le taux publié n’est pas un nombre positif ; il n’est pas gardé.',
    DATE_FALLBACK: 'Une date publiée est dans le futur ; la date de valeur est la suivante qui soit passée.',
    USAGE_YEAR_RANGE: 'Seules la première et la dernière année d’utilisation sont publiées ; celles d’entre elles sont déduites.',
    OLDER_COPY_DROPPED: 'Les fichiers contiennent aussi une version plus ancienne de ce flux ; elle est ignorée.',
    UNCONVERTED: 'Aucun taux de change à la date de valeur : le montant n’est tenu qu’en USD et dans sa devise.',
    PLAN_UNIDENTIFIED: 'Un plan de réponse n’a ni numéro ni code ; le flux n’est pas rattaché à ce plan.',
  },
  /** Why a flow or a currency is listed, when nothing is wrong with it. */
  note: {
    OUTSIDE_COUNTRIES: 'Ne concerne aucun des pays choisis.',
    NO_AMOUNT: 'Le montant est nul : rien n’est porté au journal.',
    RATE_FOUND: 'Était tenu sans taux de change ; le taux est connu depuis, le flux est converti.',
    CAME_BACK: 'Avait disparu de la source et y est de nouveau.',
    VANISHED: 'N’est plus dans l’état complet de la source : contre-passé.',
    CURRENCY_NOT_LISTED: 'La devise {field} n’est pas dans la liste des devises ; ses taux sont ignorés.',
  },
  action: {
    created: 'nouveau',
    updated: 'modifié',
    closed: 'clos',
    left_out: 'laissé de côté',
    problem: 'non repris',
  },
  /** Stand in the ledger for a side that the source does not name. */
  organisation: {
    several: 'Plusieurs organisations',
    unknown: 'Donateur non précisé',
  },
} as const;

type French = typeof importTextsFr;

/** Every text of an import, by section and code. */
export type ImportTexts = { readonly [S in keyof French]: Readonly<Record<keyof French[S], string>> };
