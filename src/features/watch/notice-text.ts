import type { Language } from '../../i18n/language.js';
import { dayText, momentText } from '../../i18n/moment.js';
import { type WatchText, watchText } from '../../i18n/watch.js';
import type { MoneyWire } from '../../http/wire.js';
import { amountText, numberText } from '../reports/render/numbers.js';
import type { Condition } from './condition.schema.js';
import { type DigestNotice, digestNotice, type Fact, type Names, type RuleNotice, ruleNotice } from './notice.schema.js';

/** A notice in words; the path of its link is that of the API, without the host. */
export interface NoticeText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly link?: { readonly label: string; readonly path: string };
}

/**
 * What a notice says to a reader: what, how much, since when, what to do, and how to stop it.
 * @throws ZodError when its params are not those of its kind
 */
export function noticeText(notice: { readonly kind: string; readonly params: unknown }, language: Language, timeZone: string): NoticeText {
  if (notice.kind === 'approval_digest') return digestText(digestNotice.parse(notice.params), language, timeZone);
  return ruleText(ruleNotice.parse(notice.params), language);
}

type Values = Readonly<Record<string, string | number>>;

function ruleText({ rule, day, count, facts }: RuleNotice, language: Language): NoticeText {
  const { kind } = rule.condition;
  const say = (key: WatchText, values: Values = {}) => watchText(language, key, values);
  const condition = conditionValues(rule.condition, language);
  const [first] = facts;
  return {
    subject: say(`${kind}.subject`, { ...(first && factValues(first, language)), count }),
    paragraphs: [
      say(`${kind}.intro`, { ...condition, day: dayText(language, day) }),
      ...facts.map((fact) => say(`${fact.kind}.line`, factValues(fact, language))),
      ...more(language, count - facts.length),
      say(`${kind}.todo`),
      say('rule', { name: rule.name, condition: say(`${kind}.condition`, condition), quiet: say('days', { count: rule.quietDays }) }),
      say('stop'),
    ],
    link: { label: say('link'), path: `/v1/watch-rules/${rule.id}` },
  };
}

function more(language: Language, count: number): readonly string[] {
  return count > 0 ? [watchText(language, 'more', { count })] : [];
}

function conditionValues(condition: Condition, language: Language): Values {
  const days = (count: number) => watchText(language, 'days', { count });
  switch (condition.kind) {
    case 'instalment_due':
      return { within: days(condition.daysBefore) };
    case 'instalment_late':
      return { after: days(Math.max(condition.daysAfter, 1)) };
    case 'no_payment':
      return { after: days(condition.days) };
    case 'coverage_below':
      return { threshold: numberText(language, condition.threshold) };
    case 'execution_below': {
      const { threshold, from } = condition;
      const period = from === undefined ? watchText(language, 'period.all') : watchText(language, 'period.from', { from: dayText(language, from) });
      return { threshold: numberText(language, threshold), period };
    }
    case 'fund_balance_below':
      return { threshold: moneyText(language, condition.threshold) };
  }
}

function factValues(fact: Fact, language: Language): Values {
  const days = (count: number) => watchText(language, 'days', { count });
  const amount = (money: MoneyWire) => moneyText(language, money);
  const since = dayText(language, fact.since);
  switch (fact.kind) {
    case 'instalment_due':
    case 'instalment_late':
      return {
        ...promiseValues(fact, language),
        amount: amount(fact.amount),
        unpaid: amount(fact.unpaid),
        dueOn: dayText(language, fact.dueOn),
        when: fact.days === 0 ? watchText(language, 'when.today') : watchText(language, 'when.later', { days: days(fact.days) }),
        late: days(fact.days),
      };
    case 'no_payment':
      return { ...promiseValues(fact, language), amount: amount(fact.amount), on: dayText(language, fact.committedOn), days: days(fact.days) };
    case 'coverage_below':
    case 'execution_below':
      return { what: fact.what[language], part: amount(fact.part), whole: amount(fact.whole), gap: amount(fact.gap), percent: numberText(language, fact.percent), since };
    case 'fund_balance_below':
      return { what: fact.what[language], available: amount(fact.available), since };
  }
}

function moneyText(language: Language, { amount, currency }: MoneyWire): string {
  return amountText(language, amount, currency);
}

function promiseValues({ reference, donor, states }: { readonly reference: string; readonly donor: Names; readonly states: readonly Names[] }, language: Language): Values {
  return { reference, donor: donor[language], states: statesText(states, language) };
}

function statesText(states: readonly Names[], language: Language): string {
  if (states.length === 0) return watchText(language, 'states.none');
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(states.map((state) => state[language]));
}

function digestText({ count, items }: DigestNotice, language: Language, timeZone: string): NoticeText {
  const say = (key: WatchText, values: Values = {}) => watchText(language, key, values);
  const line = ({ kind, reference, amount, states, preparedAt }: DigestNotice['items'][number]) => {
    const values = { what: say(`approval.${kind}`), reference, at: momentText(language, new Date(preparedAt), timeZone) };
    if (amount === null) return say('approval_digest.lineWithoutAmount', values);
    return say('approval_digest.line', { ...values, states: statesText(states, language), amount: moneyText(language, amount) });
  };
  return {
    subject: say('approval_digest.subject', { count }),
    paragraphs: [say('approval_digest.intro'), ...items.map(line), ...more(language, count - items.length), say('approval_digest.todo'), say('approval_digest.stop')],
    link: { label: say('approval_digest.link'), path: '/v1/approvals/awaiting' },
  };
}
