import { z } from 'zod';
import { command, limitOption } from '../command.js';
import { renderTable } from '../render-table.js';

const KINDS = ['sources', 'versions', 'runs', 'reports'] as const;

export default command({
  name: 'list',
  summary: 'sources, dataset versions, runs or reports of this studio, newest first',
  positionals: z.strictObject({ kind: z.enum(KINDS).describe(KINDS.join(', ')) }),
  options: z.strictObject({ limit: limitOption }),
  examples: ['rectune list runs --limit 5'],
  async run({ kind }, { limit }, context) {
    const store = context.openStore('existing');
    switch (kind) {
      case 'sources': {
        const value = store.sources.list(limit);
        const rows = value.map(({ id, counts, importedAt }) => [
          id,
          String(counts.interactions),
          String(counts.users),
          String(counts.items),
          String(counts.rejects),
          importedAt,
        ]);
        return { value, text: renderTable(['source', 'interactions', 'users', 'items', 'rejects', 'imported'], rows) };
      }
      case 'versions': {
        const value = store.versions.list(limit);
        const rows = value.map(({ name, hash, sourceId, counts }) => [
          name,
          hash.slice(0, 12),
          sourceId,
          String(counts.train),
          String(counts.valid),
          String(counts.test),
        ]);
        return { value, text: renderTable(['version', 'hash', 'source', 'train', 'valid', 'test'], rows) };
      }
      case 'runs': {
        const value = store.runs.list(limit);
        const rows = value.map(({ id, status, startedAt, adapterHash }) => [
          id,
          status,
          startedAt,
          adapterHash?.slice(0, 12) ?? '',
        ]);
        return { value, text: renderTable(['run', 'status', 'started', 'adapter'], rows) };
      }
      case 'reports': {
        const value = store.reports
          .list(limit)
          .map(({ id, runId, directory, madeAt }) => ({ id, runId, directory, madeAt }));
        const rows = value.map(({ runId, madeAt, directory }) => [runId, madeAt, directory]);
        return { value, text: renderTable(['run', 'made', 'folder'], rows) };
      }
    }
  },
});
