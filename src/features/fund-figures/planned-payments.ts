import { type Day, toDay } from '../../domain/days.js';
import { type Instalment, meetInstalments, type MetInstalment } from '../../domain/fund-statement.js';
import type { Agreement } from './fund-figures.store.js';

/** The plan of a commitment with what of it is met: its own, else that of the pledge it fulfils. */
export function planOf(agreement: Agreement, today: Day): { readonly plan: 'commitment' | 'pledge' | null; readonly instalments: readonly MetInstalment[] } {
  const own = agreement.instalments.length > 0;
  const planned = own ? agreement.instalments : agreement.pledgeInstalments;
  return {
    plan: own ? 'commitment' : planned.length > 0 ? 'pledge' : null,
    instalments: meetInstalments(planned.map(instalmentOf), agreement.currentMinor, agreement.disbursedMinor, today),
  };
}

/** An instalment of its row. */
export function instalmentOf({ number, dueOn, amountMinor }: { readonly number: number; readonly dueOn: Date; readonly amountMinor: bigint }): Instalment {
  return { number, dueOn: toDay(dueOn), minor: amountMinor };
}
