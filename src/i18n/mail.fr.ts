/** What the mails to users say, in French; {name}, {at} and the like are filled in. */
export const mailTextsFr = {
  layout: {
    greeting: 'Bonjour {name},',
    link: '{action} :',
    linkHelp: 'Si le bouton ne répond pas, copiez cette adresse dans votre navigateur :',
    footer: 'Message automatique de Liptako, le suivi du financement humanitaire dans l’espace AES. N’y répondez pas. Liptako ne demande jamais de mot de passe ni de code par courriel.',
  },
  /** The access that a role gives, as it stands in a list. */
  roles: {
    administrator: 'administration',
    finance_officer: 'agent financier',
    approver: 'approbation',
    donor: 'bailleur',
    minister: 'ministre',
    auditor: 'audit',
  },
  subject: {
    invitation: '{invitedBy} vous invite à rejoindre Liptako',
    passwordReset: 'Choisissez un nouveau mot de passe pour Liptako',
    passwordChanged: 'Votre mot de passe Liptako a été changé',
    secondFactorChanged: 'La double authentification de votre compte Liptako a été modifiée',
    secondFactorReset: 'La double authentification de votre compte Liptako a été retirée',
    accountSuspended: 'Votre compte Liptako est suspendu',
    sessionRevoked: 'Une session de votre compte Liptako a été fermée par précaution',
  },
  /** Paragraphs before the link. */
  before: {
    invitation: [
      '{invitedBy} vous invite à rejoindre Liptako, où se suivent les annonces, les engagements et les décaissements de l’action humanitaire dans l’espace de l’Alliance des États du Sahel.',
      'Accès prévu : {roles}.',
    ],
    passwordReset: ['Un nouveau mot de passe a été demandé pour votre compte Liptako.'],
    passwordChanged: [
      'Le mot de passe de votre compte Liptako a été changé le {at}. Vos autres sessions ont été fermées.',
      'Si c’était vous, il n’y a rien à faire. Sinon, choisissez tout de suite un nouveau mot de passe et prévenez un administrateur de Liptako.',
    ],
    secondFactorChanged: [
      'L’application d’authentification ou les codes de secours de votre compte Liptako ont été modifiés le {at}.',
      'Si c’était vous, il n’y a rien à faire. Sinon, choisissez tout de suite un nouveau mot de passe et prévenez un administrateur de Liptako.',
    ],
    secondFactorReset: [
      '{resetBy} a retiré la double authentification de votre compte Liptako le {at}. Vos sessions ont été fermées ; mettez-la de nouveau en place à votre prochaine connexion.',
      'Si vous ne l’aviez pas demandé, prévenez tout de suite un autre administrateur de Liptako : quelqu’un a peut-être agi en votre nom.',
    ],
    accountSuspended: [
      'Votre compte Liptako a été suspendu le {at}. Vos sessions ont été fermées et vous ne pouvez plus vous connecter. Ce que vous avez enregistré est conservé.',
      'Pour toute question, adressez-vous à un administrateur de Liptako.',
    ],
    sessionRevoked: [
      'Le {at}, une même autorisation de connexion à votre compte Liptako a servi deux fois : quelqu’un d’autre l’a peut-être copiée. Par précaution, cette session a été fermée ; vous pouvez vous reconnecter.',
      'Au moindre doute, choisissez un nouveau mot de passe : toutes vos autres sessions seront fermées.',
    ],
  },
  /** The link’s button; a mail that is not named here has no link. */
  action: {
    invitation: 'Choisir mon mot de passe',
    passwordReset: 'Choisir un nouveau mot de passe',
    passwordChanged: 'Choisir un nouveau mot de passe',
    secondFactorChanged: 'Choisir un nouveau mot de passe',
    sessionRevoked: 'Choisir un nouveau mot de passe',
  },
  /** Paragraphs after the link. */
  after: {
    invitation: [
      'Ce lien est personnel, ne sert qu’une fois et reste valable jusqu’au {expiresAt}.',
      'Si vous n’attendiez pas cette invitation, ne faites rien : aucun accès ne sera ouvert.',
    ],
    passwordReset: [
      'Ce lien ne sert qu’une fois et reste valable jusqu’au {expiresAt}.',
      'Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.',
    ],
  },
} as const;

type French = typeof mailTextsFr;
type Same<Texts> = { readonly [Key in keyof Texts]: string };
type SameLists<Lists> = { readonly [Key in keyof Lists]: readonly string[] };

/** Every text of the mails; a language that lacks one does not compile. */
export interface MailTexts {
  readonly layout: Same<French['layout']>;
  readonly roles: Same<French['roles']>;
  readonly subject: Same<French['subject']>;
  readonly before: SameLists<French['before']>;
  readonly action: Same<French['action']>;
  readonly after: SameLists<French['after']>;
}
