import type { DatasetVersion } from '../core/dataset-version.js';
import type { Instruction } from '../core/instruction.js';
import { labelOfVersion } from '../core/label-rule.js';
import type { Store } from '../store/store.js';

/** A line of the log that a row shows. */
export interface OriginLine {
  readonly line: number; // of the log
  readonly role: 'history' | 'target';
  readonly userId: string;
  readonly itemId: string;
  readonly title: string;
  readonly rating: number | null;
  readonly time: string | null; // ISO 8601, UTC
  readonly liked: boolean | null; // as the row shows it; null: it says nothing of it
}

/** An item that a row offers. */
export interface OfferedItem {
  readonly itemId: string;
  readonly title: string;
  readonly isTarget: boolean;
}

/** A row, and what of the log it was made from. */
export interface RowOrigin {
  readonly version: string; // hash
  readonly name: string;
  readonly instruction: Instruction;
  readonly template: DatasetVersion['templates'][number] | undefined;
  readonly candidates: readonly OfferedItem[] | null;
  /** Oldest first, target last. Lines that the log no longer has, because another one was imported, are left out. */
  readonly lines: readonly OriginLine[];
  /** The item in the target's place that was drawn, in a log that has no dislikes; null: the row asks about what the log says. */
  readonly drawn: { readonly itemId: string; readonly title: string } | null;
  readonly labelRule: string | null; // in words
  readonly logChanged: boolean; // the log was imported again since, with other content
}

export function rowOrigin(store: Store, version: DatasetVersion, instruction: Instruction): RowOrigin {
  const items = store.sources.items(version.sourceId);
  const titleOf = (itemId: string): string => items.get(itemId)?.title ?? '';
  const { historyInteractions, target, itemId, candidates } = instruction;
  const found = store.sources.interactionsAt(version.sourceId, [...historyInteractions, target]);
  const lineOf = (line: number, role: OriginLine['role'], liked: boolean | null): OriginLine[] => {
    const one = found.get(line);
    if (one === undefined) return [];
    const time = one.timestamp === null ? null : new Date(one.timestamp * 1000).toISOString();
    const { userId, rating } = one;
    return [{ line, role, userId, itemId: one.itemId, title: titleOf(one.itemId), rating, time, liked }];
  };
  const targetLine = lineOf(target, 'target', instruction.label);
  const isDrawn = targetLine[0] !== undefined && targetLine[0].itemId !== itemId;
  return {
    version: version.hash,
    name: version.name,
    instruction,
    template: version.templates.find(({ id, task }) => id === instruction.templateId && task !== undefined),
    candidates: candidates?.map((id) => ({ itemId: id, title: titleOf(id), isTarget: id === itemId })) ?? null,
    lines: [
      ...historyInteractions.flatMap((line, i) => lineOf(line, 'history', instruction.historyLabels[i] ?? null)),
      ...targetLine,
    ],
    drawn: isDrawn ? { itemId, title: titleOf(itemId) } : null,
    labelRule: labelOfVersion(version) ?? null,
    logChanged: store.sources.find(version.sourceId)?.hash !== version.sourceHash,
  };
}
