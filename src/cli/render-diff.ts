import type { ChangedRow, VersionDiff } from '../builders/diff/diff-versions.js';
import type { WordPiece } from '../builders/diff/word-diff.js';
import type { Page } from './command.js';
import { renderTable } from './render-table.js';

const SIGN = { added: '+', removed: '-', changed: '~' } as const;
const AROUND = 12; // words of unchanged text that stay at each side of a change

export function renderDiff(diff: VersionDiff, page: Page): string {
  const { before, after, settings, inputs, totals, counts, rows } = diff;
  const settingRows = [...settings, ...inputs].map((one) => [one.setting, written(one.before), written(one.after)]);
  const countRows = counts.map(({ change, split, family, label, rows: number }) => [
    change,
    split,
    family,
    labelName(label),
    String(number),
  ]);
  const { same, added, removed, changed } = totals;
  return [
    `${before.name} ${before.hash.slice(0, 12)} -> ${after.name} ${after.hash.slice(0, 12)}`,
    `${same} rows the same, ${added} added, ${removed} removed, ${changed} changed`,
    ...(settingRows.length > 0 ? ['', renderTable(['setting', 'before', 'after'], settingRows)] : []),
    ...(countRows.length > 0 ? ['', renderTable(['rows', 'split', 'family', 'label', 'count'], countRows)] : []),
    ...rows.map((row) => `\n${rowText(row, page)}`),
    ...(['added', 'removed', 'changed'] as const).flatMap((change) => {
      const more = totals[change] - rows.filter((row) => row.change === change).length;
      return more > 0 ? [`... and ${more} more ${change} (--limit ${totals[change]})`] : [];
    }),
  ].join('\n');
}

function rowText({ change, split, before, after, user, template, prompt, answer, label }: ChangedRow, page: Page) {
  const place = before === null || after === null ? String(after ?? before) : `${before} -> ${after}`;
  const [was, is] = label;
  const labels =
    was !== undefined && is !== undefined && was !== is ? `, label ${labelName(was)} -> ${labelName(is)}` : '';
  return [
    `${SIGN[change]} ${split} ${place}, user ${user}, ${template}${labels}`,
    indented(marked(change === 'changed' ? shortened(prompt) : prompt, page)),
    indented(`=> ${marked(answer, page)}`),
  ].join('\n');
}

/** What is gone as [-...-], what is new as {+...+}, as git's word diff has it; in colours where they are wanted. */
function marked(pieces: readonly WordPiece[], { color }: Page): string {
  if (pieces.length === 1 && !color) return pieces[0]?.text ?? ''; // nothing beside it: the sign before the row says what it is
  return pieces
    .map(({ kind, text }) => {
      if (kind === 'same') return text;
      if (color) return `\u001b[${kind === 'gone' ? 31 : 32}m${text}\u001b[39m`;
      return kind === 'gone' ? `[-${text}-]` : `{+${text}+}`;
    })
    .join('');
}

/** Long unchanged text is cut to what stands beside a change. */
function shortened(pieces: readonly WordPiece[]): WordPiece[] {
  if (pieces.every(({ kind }) => kind === 'same')) return [{ kind: 'same', text: '(the same prompt)' }];
  return pieces.map((piece, index) => {
    if (piece.kind !== 'same') return piece;
    const words = piece.text.match(/\s+|\S+/g) ?? [];
    const head = index === 0 ? 0 : AROUND * 2;
    const tail = index === pieces.length - 1 ? 0 : AROUND * 2;
    if (words.length <= head + tail + 2) return piece;
    return { kind: 'same', text: `${words.slice(0, head).join('')} ... ${words.slice(words.length - tail).join('')}` };
  });
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}

function labelName(label: boolean | null | undefined): string {
  return label === null || label === undefined ? '-' : label ? 'liked' : 'not liked';
}

function written(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
