import { z } from 'zod';
import type { Store } from '../../store/store.js';
import { runState } from '../../trainers/run-state.js';
import { command, limitOption } from '../command.js';
import { renderMore } from '../render-list.js';
import { renderTable } from '../render-table.js';

const KINDS = ['sources', 'texts', 'versions', 'runs', 'reports'] as const;
type Kind = (typeof KINDS)[number];

/** One kind of thing: what --json tells of each, how many there are in all, and the table that people see. */
interface Listing {
  values: readonly object[];
  total: number;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export default command({
  name: 'list',
  summary: 'sources, texts beside them, dataset versions, runs or reports of this studio, newest first',
  positionals: z.strictObject({ kind: z.enum(KINDS).describe(KINDS.join(', ')) }),
  options: z.strictObject({ limit: limitOption }),
  examples: ['rectune list runs --limit 5'],
  async run({ kind }, { limit }, context) {
    const { values, total, head, rows } = await LISTINGS[kind](context.openStore('existing'), limit, context.studio);
    const text = [renderTable(head, rows), ...renderMore(values.length, total)].join('\n');
    return { value: { total, [kind]: values }, text };
  },
});

const LISTINGS: Record<Kind, (store: Store, limit: number, studio: string) => Listing | Promise<Listing>> = {
  sources({ sources }, limit) {
    const values = sources.list(limit);
    const rows = values.map(({ id, counts, importedAt }) => [
      id,
      String(counts.interactions),
      String(counts.users),
      String(counts.items),
      String(counts.rejects),
      importedAt,
    ]);
    const head = ['source', 'interactions', 'users', 'items', 'rejects', 'imported'];
    return { values, total: sources.count(), head, rows };
  },
  texts({ texts }, limit) {
    const values = texts.list(limit);
    const rows = values.map(({ sourceId, of, name, hash, counts, importedAt }) => [
      sourceId,
      of,
      name,
      hash.slice(0, 12),
      String(counts.taken),
      String(counts.without),
      String(counts.rejects),
      importedAt,
    ]);
    const head = ['source', 'of', 'texts', 'hash', 'taken', 'without', 'rejects', 'imported'];
    return { values, total: texts.count(), head, rows };
  },
  versions({ versions }, limit) {
    const values = versions.list(limit);
    const rows = values.map(({ name, hash, sourceId, counts }) => [
      name,
      hash.slice(0, 12),
      sourceId,
      String(counts.train),
      String(counts.valid),
      String(counts.test),
    ]);
    return { values, total: versions.count(), head: ['version', 'hash', 'source', 'train', 'valid', 'test'], rows };
  },
  async runs({ runs }, limit, studio) {
    const values = await Promise.all(
      runs.list(limit).map(async (run) => ({ ...run, status: await runState(studio, run) })),
    );
    const rows = values.map(({ id, status, config, startAdapter, startedAt, adapterHash }) => [
      id,
      status,
      String(config.seed),
      config.objective,
      config.validation?.keep === 'best' ? 'best on valid' : 'last step',
      startAdapter === null ? '' : (startAdapter.runId ?? startAdapter.hash.slice(0, 12)),
      startedAt,
      adapterHash?.slice(0, 12) ?? '',
    ]);
    return {
      values,
      total: runs.count(),
      head: ['run', 'status', 'seed', 'objective', 'keeps', 'begins from', 'started', 'adapter'],
      rows,
    };
  },
  reports({ reports }, limit) {
    const values = reports.list(limit).map(({ id, runId, directory, madeAt }) => ({ id, runId, directory, madeAt }));
    const rows = values.map(({ runId, madeAt, directory }) => [runId, madeAt, directory]);
    return { values, total: reports.count(), head: ['run', 'made', 'folder'], rows };
  },
};
