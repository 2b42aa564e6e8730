import type { RowOrigin } from '../builders/row-origin.js';
import type { ByteRange } from '../core/instruction.js';
import type { InspectedRow } from '../core/token-row.js';
import type { RowProblem } from '../trainers/inspect-rows.js';
import { renderTable } from './render-table.js';
import { legend, type TextMarks } from './text-marks.js';

/** A row as one model sees it. */
export interface SeenRow {
  readonly model: string; // path
  readonly limit: number;
  readonly row: InspectedRow;
  readonly problems: readonly RowProblem[];
}

export function renderRow(origin: RowOrigin, seen: SeenRow | undefined, marks: TextMarks): string {
  const { instruction, template, lines, drawn, candidates, labelRule } = origin;
  const rule = labelRule === null ? '' : `where ${labelRule}`;
  const { split, row, label, choices, answer, scored } = instruction;
  const facts = [
    ['row', `${origin.name} ${origin.version.slice(0, 12)}, ${split}/${row}`],
    ['template', [instruction.templateId, `version ${instruction.templateVersion}`, template?.task, template?.cell]],
    ['label', [label === null ? 'none' : label ? 'liked' : 'not liked', rule]],
    ['answer', JSON.stringify(answer)],
    ['choices', choices === null ? 'free text' : `${choices.length}, told apart by ${scored ?? 'nothing'}`],
  ] as const;
  const parts = [
    facts
      .map(([name, fact]) => `${name.padEnd(9)} ${typeof fact === 'string' ? fact : fact.filter(Boolean).join(', ')}`)
      .join('\n'),
  ];
  if (candidates) {
    const offered = candidates.map(({ itemId, title, isTarget }, i) => {
      return [choices?.[i] ?? '', itemId, title, isTarget ? 'target' : ''];
    });
    parts.push(renderTable(['choice', 'item', 'title', ''], offered));
  } else if (choices) parts.push(`choices: ${choices.map((choice) => JSON.stringify(choice)).join(' ')}`);
  parts.push(
    renderTable(
      ['line', 'role', 'user', 'item', 'title', 'rating', 'liked', 'time'],
      lines.map(({ line, role, userId, itemId, title, rating, liked, time }) => {
        const judged = liked === null ? '' : liked ? 'yes' : 'no';
        return [String(line), role, userId, itemId, title, rating === null ? '' : String(rating), judged, time ?? ''];
      }),
    ),
  );
  if (drawn) parts.push(`drawn in the target's place: item ${drawn.itemId} ${drawn.title}`);
  if (origin.logChanged) parts.push('the log was imported again since this version was built, with other content');
  if (seen) parts.push(renderTokens(instruction.prompt, seen, marks));
  else parts.push(`${markedPrompt(instruction, marks)}${marks.loss(answer)}`);
  return parts.join('\n\n');
}

/** The prompt with its values and history items marked. */
export function markedPrompt(
  { prompt, values, history }: { prompt: string; values: readonly ByteRange[]; history: readonly ByteRange[] },
  marks: TextMarks,
): string {
  const bytes = Buffer.from(prompt);
  const inOrder = (ranges: readonly ByteRange[]) => [...ranges].sort((a, b) => a[0] - b[0]);
  const written = (
    from: number,
    to: number,
    ranges: readonly ByteRange[],
    mark: (text: string) => string,
    inner: (from: number, to: number) => string,
  ) => {
    let text = '';
    let at = from;
    for (const [begin, end] of ranges) {
      if (begin < at || end > to) continue;
      text += inner(at, begin) + mark(inner(begin, end));
      at = end;
    }
    return text + inner(at, to);
  };
  const plain = (from: number, to: number) => bytes.subarray(from, to).toString();
  const sortedValues = inOrder(values).filter(([begin, end]) => begin < end);
  const valued = (from: number, to: number) =>
    written(
      from,
      to,
      sortedValues.filter(([begin, end]) => begin >= from && end <= to),
      marks.value,
      plain,
    );
  return written(0, bytes.length, inOrder(history), marks.history, valued);
}

/** Token by token, with the history that was cut in the place where it stood. */
export function renderTokens(prompt: string, { model, limit, row, problems }: SeenRow, marks: TextMarks): string {
  const {
    tokens,
    length,
    droppedHistory,
    shortest,
    labelTokens,
    pieces = [],
    specials = [],
    loss = [0, 0],
    cut = [],
  } = row;
  const cuts = cutTexts(prompt, cut);
  let text = '';
  let next = 0;
  pieces.forEach(([, piece, end], i) => {
    while (next < cuts.length && end !== null && end > (cuts[next]?.at ?? 0))
      text += marks.cut(cuts[next++]?.text ?? '');
    const carries = i >= loss[0] && i < loss[1];
    const named = specials.includes(i) ? marks.special(piece) : piece;
    text += carries ? marks.loss(named) : specials.includes(i) ? named : marks.plain(named, i);
  });
  const facts = [
    `${model}: ${tokens} tokens, ${length === null ? 'which a run refuses' : `${length} within the limit of ${limit}`}`,
    `without history ${shortest}, history items dropped ${droppedHistory}, tokens that carry loss ${loss[1] - loss[0]}`,
    ...(labelTokens.length > 0
      ? [`label tokens: ${labelTokens.map(([id, piece]) => `${JSON.stringify(piece)} (${id})`).join(' ')}`]
      : []),
    ...problems.map(({ what, fix }) => `problem: ${what}\n  fix: ${fix}`),
  ];
  return [...facts, '', legend(marks), '', text].join('\n');
}

/** What was cut, and where in the shortened prompt it would stand. */
export function cutTexts(prompt: string, cut: readonly ByteRange[]): { at: number; text: string }[] {
  const bytes = Buffer.from(prompt);
  let gone = 0;
  return [...cut]
    .sort((a, b) => a[0] - b[0])
    .map(([begin, end]) => {
      const at = begin - gone;
      gone += end - begin;
      return { at, text: bytes.subarray(begin, end).toString() };
    });
}
