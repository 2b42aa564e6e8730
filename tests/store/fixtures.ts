import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { DatasetVersion } from '../../src/core/dataset-version.js';
import type { Instruction } from '../../src/core/instruction.js';
import type { Interaction, Item, Reject, User } from '../../src/core/interaction.js';
import { ColumnsBuffer, packedAttributes } from '../../src/core/log-columns.js';
import type { Run } from '../../src/core/run.js';
import type { Source } from '../../src/core/source.js';
import { openStore, type Store } from '../../src/store/store.js';
import { anyTrainConfig } from '../train-config.js';

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rectune-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty store that is closed when the test ends, and the path of its file. */
export function temporaryStore(): { store: Store; path: string } {
  const path = join(temporaryFolder(), 'studio', 'store.db');
  const store = openStore(path);
  onTestFinished(() => store.close());
  return { store, path };
}

/** Keeps a source with these rows, as an import does. */
export function keepSource(
  store: Store,
  kept: Source,
  rows: {
    interactions?: Iterable<Interaction>;
    items?: Iterable<Item>;
    users?: Iterable<User>;
    rejects?: Iterable<Reject>;
  } = {},
): void {
  store.sources.write(kept.id, (writer) => {
    const items = new Map(Array.from(rows.items ?? [], (item) => [item.itemId, writer.item(item)]));
    const users = new Map(Array.from(rows.users ?? [], (user) => [user.userId, writer.user(user)]));
    const buffer = new ColumnsBuffer(100);
    for (const { userId, itemId, rating, timestamp, logIndex, attributes } of rows.interactions ?? []) {
      if (buffer.isFull) writer.columns(buffer.take());
      const [user, item] = [users.get(userId) ?? users.size, items.get(itemId) ?? items.size]; // beyond all: refused
      const own = packedAttributes(attributes);
      buffer.add(user, item, rating ?? Number.NaN, timestamp ?? Number.NaN, logIndex, own);
    }
    writer.columns(buffer.take());
    for (const reject of rows.rejects ?? []) writer.reject(reject);
    return kept;
  });
}

/** The users of a store's only source, in order. */
export function storedUsers(path: string): User[] {
  const raw = new SQLite(path, { readonly: true });
  const rows = raw.prepare('select id, attributes from users order by position').raw().all() as [string, string][];
  raw.close();
  return rows.map(([userId, attributes]) => ({ userId, attributes: JSON.parse(attributes) }));
}

export const NOW = new Date('2026-01-02T03:04:05.000Z');

export function source(id: string, change: Partial<Source> = {}): Source {
  return {
    id,
    title: 'Invented log',
    terms: 'free',
    homepage: null,
    hash: 'a'.repeat(64),
    importedAt: NOW.toISOString(),
    path: 'logs/invented',
    files: [
      {
        name: 'log.csv',
        role: 'interactions',
        sha256: 'b',
        bytes: 10,
        rows: 2,
        rejects: 1,
        emptyLines: 0,
        merged: 0,
        unreadable: 0,
        before: 0,
      },
      {
        name: 'items.csv',
        role: 'items',
        sha256: 'c',
        bytes: 10,
        rows: 2,
        rejects: 0,
        emptyLines: 1,
        merged: 0,
        unreadable: 0,
        before: 0,
      },
    ],
    counts: { interactions: 2, items: 2, users: 1, rejects: 1 },
    warnings: [],
    ...change,
  };
}

export function version(hash: string, change: Partial<DatasetVersion> = {}): DatasetVersion {
  const counts = { train: 1, valid: 0, test: 0 };
  return {
    hash: hash.padEnd(64, '0'),
    name: 'invented',
    recipe: { seed: 1 },
    recipeHash: 'r',
    sourceId: 'log',
    sourceHash: 's',
    labels: ['Yes', 'No'],
    split: { kind: 'tail', leaks: 'nothing' },
    templates: [{ id: 'preference', version: 1, hash: 't' }],
    counts: { ...counts, users: counts, liked: counts },
    files: { train: '1', valid: '2', test: '3' },
    program: '0.1.0',
    ...change,
  };
}

export function instruction(row: number, change: Partial<Instruction> = {}): Instruction {
  return {
    row,
    split: 'train',
    userId: 'u1',
    itemId: 'i1',
    label: true,
    choices: ['Yes.', 'No.'],
    scored: 'first-token',
    candidates: null,
    templateId: 'preference',
    templateVersion: 1,
    instruction: 'Will the user like it?',
    input: `Liked: "A", "B" ${row}`,
    answer: 'Yes.',
    prompt: `Liked: "A", "B" ${row}\nAnswer:`,
    values: [[7, 10]],
    history: [
      [7, 11],
      [12, 15],
    ],
    historyLabels: [true, null],
    target: 3 + row,
    historyInteractions: [1, 2],
    ...change,
  };
}

export function run(id: string, versionHash: string, change: Partial<Run> = {}): Run {
  return {
    id,
    versionHash,
    modelPath: 'model.gguf',
    modelHash: 'm',
    config: anyTrainConfig,
    configHash: 'c',
    status: 'running',
    adapterHash: null,
    startAdapter: null,
    startedAt: NOW.toISOString(),
    ...change,
  };
}
