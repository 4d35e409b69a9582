/** A layer imports itself and the layers named after it, and nothing else of the project. */
function layer(name, from, ...allowed) {
  return {
    name: `layer-${name}`,
    severity: 'error',
    comment: 'Imports run one way: server → app → endpoints → features → http → {deps, jobs} → platform → i18n → domain.',
    from: { path: from },
    to: { path: '^(src|workers|scripts|tests|web|prisma)/', pathNot: [from, ...allowed] },
  };
}

/** A package is imported in these places only. */
function onlyIn(name, packages, places) {
  return {
    name: `only-in-${name}`,
    severity: 'error',
    comment: 'Databases, queues and the web framework stay behind the layer that is made for them.',
    from: { path: '^(src|workers)/', pathNot: places },
    to: { path: packages.map((one) => `node_modules/${one}/`) },
  };
}

const domain = '^src/domain/';
const i18n = '^src/i18n/';
const platform = '^src/platform/';
const generated = '^src/generated/';
const deps = '^src/deps\\.ts$';
const jobs = '^src/jobs/';
const http = '^src/http/';
const features = '^src/features/';
const endpoints = '^src/endpoints\\.ts$';
const routes = '^src/features/[^/]+/[^/]+\\.routes\\.ts$';

module.exports = {
  forbidden: [
    layer('domain', domain),
    layer('i18n', i18n, domain),
    layer('platform', platform, generated, i18n, domain),
    layer('deps', deps, platform, domain),
    layer('jobs', jobs, platform, domain),
    layer('http', http, deps, platform, i18n, domain),
    layer('features', features, http, deps, jobs, platform, i18n, domain),
    layer('endpoints', endpoints, routes, http),
    layer('app', '^src/app\\.ts$', endpoints, http, deps, platform, domain),
    layer('open-deps', '^src/open-deps\\.ts$', deps, platform),
    layer('run-main', '^src/run-main\\.ts$', platform, i18n, domain),
    layer('server', '^src/server\\.ts$', '^src/(app|open-deps|run-main)\\.ts$', platform),
    layer('workers', '^workers/', '^src/(deps|open-deps|run-main)\\.ts$', features, jobs, platform, i18n, domain),
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'What runs in production knows nothing of the tools and tests around it.',
      from: { path: '^src/' },
      to: { path: '^(workers|scripts|tests|web)/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'Rules need no package and no part of Node.',
      from: { path: domain },
      to: { pathNot: domain },
    },
    {
      name: 'features-meet-in-stores',
      severity: 'error',
      comment: 'A feature reads another’s store, schema or pure helpers; it never calls its use cases.',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/[^/]+/[^/]+\\.(service|routes)\\.ts$', pathNot: '^src/features/$1/' },
    },
    {
      name: 'routes-service-store',
      severity: 'error',
      comment: 'Within a feature: routes → service → store and schema.',
      from: { path: '^src/features/', pathNot: '\\.(service|routes)\\.ts$' },
      to: { path: '\\.(service|routes)\\.ts$' },
    },
    {
      name: 'services-without-routes',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: '\\.routes\\.ts$' },
    },
    onlyIn('platform', ['@prisma/[^/]+', 'pg'], [platform, generated, '^src/jobs/relay\\.ts$']),
    onlyIn('queue', ['ioredis', 'bullmq'], ['^src/platform/queue\\.ts$', '^src/platform/rate-limit\\.ts$', '^src/jobs/relay\\.ts$', '^workers/']),
    onlyIn('http', ['express', 'multer', 'helmet', 'pino-http', 'swagger-ui-dist'], [http, '^src/app\\.ts$']),
    {
      name: 'generated-client-behind-platform',
      severity: 'error',
      comment: 'src/platform/db.ts gives out what is needed of the generated client.',
      from: { path: '^(src|workers|scripts)/', pathNot: ['^src/platform/db\\.ts$', generated] },
      to: { path: generated },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: { pathNot: generated },
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'A module that nothing imports and that imports nothing is left over; follow-parent and the pages’ script are loaded by their paths.',
      from: { orphan: true, pathNot: [generated, '^scripts/services/follow-parent\\.ts$', '^src/http/(account|verify)/assets/'] },
      to: {},
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      comment: 'Production installs no development packages.',
      from: { path: '^(src|workers|scripts|prisma)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', generated] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
