import type { MailTexts } from './mail.fr.js';

/** What the mails to users say, in English. */
export const mailTextsEn = {
  layout: {
    greeting: 'Hello {name},',
    link: '{action}:',
    linkHelp: 'If the button does not work, copy this address into your browser:',
    footer: 'Automatic message from Liptako, which tracks humanitarian financing in the AES area. Please do not reply. Liptako never asks for a password or a code by mail.',
  },
  roles: {
    administrator: 'administration',
    finance_officer: 'finance officer',
    approver: 'approval',
    donor: 'donor',
    minister: 'minister',
    auditor: 'audit',
  },
  subject: {
    invitation: '{invitedBy} invites you to join Liptako',
    passwordReset: 'Choose a new password for Liptako',
    passwordChanged: 'Your Liptako password was changed',
    secondFactorChanged: 'Two-step sign-in of your Liptako account was changed',
    secondFactorReset: 'Two-step sign-in of your Liptako account was removed',
    accountSuspended: 'Your Liptako account is suspended',
    sessionRevoked: 'A session of your Liptako account was closed as a precaution',
  },
  before: {
    invitation: [
      '{invitedBy} invites you to join Liptako, which tracks the pledges, commitments and disbursements of humanitarian action in the area of the Alliance of Sahel States.',
      'Access planned: {roles}.',
    ],
    passwordReset: ['A new password was requested for your Liptako account.'],
    passwordChanged: [
      'The password of your Liptako account was changed on {at}. Your other sessions were closed.',
      'If this was you, there is nothing to do. If not, choose a new password at once and tell a Liptako administrator.',
    ],
    secondFactorChanged: [
      'The authenticator app or the recovery codes of your Liptako account were changed on {at}.',
      'If this was you, there is nothing to do. If not, choose a new password at once and tell a Liptako administrator.',
    ],
    secondFactorReset: [
      '{resetBy} removed two-step sign-in from your Liptako account on {at}. Your sessions were closed; set it up again when you next sign in.',
      'If you did not ask for this, tell another Liptako administrator at once: somebody may have acted in your name.',
    ],
    accountSuspended: [
      'Your Liptako account was suspended on {at}. Your sessions were closed and you can no longer sign in. What you recorded is kept.',
      'If you have any question, ask a Liptako administrator.',
    ],
    sessionRevoked: [
      'On {at}, one and the same sign-in permit of your Liptako account was used twice: somebody else may have copied it. As a precaution, that session was closed; you can sign in again.',
      'If you have any doubt, choose a new password: all your other sessions will be closed.',
    ],
  },
  action: {
    invitation: 'Choose my password',
    passwordReset: 'Choose a new password',
    passwordChanged: 'Choose a new password',
    secondFactorChanged: 'Choose a new password',
    sessionRevoked: 'Choose a new password',
  },
  after: {
    invitation: [
      'This link is personal, works once and is valid until {expiresAt}.',
      'If you did not expect this invitation, do nothing: no access will be opened.',
    ],
    passwordReset: [
      'This link works once and is valid until {expiresAt}.',
      'If you did not ask for it, do nothing: your password stays the same.',
    ],
  },
} as const satisfies MailTexts;
