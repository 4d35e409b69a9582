import { benchAttribution } from './attribution.bench.js';
import { benchDelivery } from './delivery.bench.js';
import { benchDisbursement } from './disbursement.bench.js';
import { benchReport } from './report.bench.js';
import { benchBrief } from './brief.bench.js';
import { benchTenancy } from './tenancy.bench.js';

const benches: Readonly<Record<string, () => Promise<void>>> = { report: benchReport, disbursement: benchDisbursement, tenancy: benchTenancy, attribution: benchAttribution, delivery: benchDelivery, brief: benchBrief };

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  for (const [name, bench] of Object.entries(benches)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`\n${name}`);
    await bench();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
