import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { Pool, type QueryConfig } from 'pg';

declare const WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }> };

type Engine = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

const SCHEMA = path.resolve(__dirname, '../../prisma/schema.prisma');
/** PostgreSQL's one-byte "char", which its catalogue uses. */
const CHAR = 18;
const TEXT = 25;

/** The SQL that leads from a migrated database to `prisma/schema.prisma`; empty when they agree. What Prisma cannot model is left aside. */
export async function schemaDifference(databaseUrl: string): Promise<string> {
  const bytes = new Set<string>();
  const pool = new CatalogueReader({ connectionString: databaseUrl }, bytes);
  try {
    const { SchemaEngine } = await loadEngine();
    const file = { path: 'schema.prisma', content: readFileSync(SCHEMA, 'utf8') };
    const engine = await SchemaEngine.new({ datamodels: [[file.path, file.content]] }, () => undefined, adapterOf(pool, bytes));
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files: [file], configDir: path.dirname(SCHEMA) },
      to: { tag: 'schemaDatamodel', files: [file] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  } finally {
    await pool.end();
  }
}

/** The package is written for bundlers; in Node its binary is loaded by hand. */
async function loadEngine(): Promise<Engine> {
  const require = createRequire(__filename);
  const glue = require('@prisma/schema-engine-wasm/schema_engine_bg') as Engine;
  const binary = readFileSync(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': glue });
  (glue as unknown as { __wbg_set_wasm(exports: object): void }).__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The adapter knows no "char" and fails; it is shown text instead, and the columns' names are kept. */
class CatalogueReader extends Pool {
  constructor(
    config: { connectionString: string },
    private readonly bytes: Set<string>,
  ) {
    super(config);
    const query = this.query.bind(this) as (config: QueryConfig) => Promise<{ fields?: { name: string; dataTypeID: number }[] }>;
    this.query = (async (config: QueryConfig) => {
      const result = await query(config);
      for (const field of result.fields ?? []) {
        if (field.dataTypeID !== CHAR) continue;
        this.bytes.add(field.name);
        field.dataTypeID = TEXT;
      }
      return result;
    }) as typeof this.query;
  }
}

function adapterOf(pool: Pool, bytes: ReadonlySet<string>): object {
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, i) => (bytes.has(result.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type));
      return { ...result, columnTypes };
    };
    return adapter;
  };
  return bindMigrationAwareSqlAdapterFactory(factory);
}
