import { afterAll, describe, expect, it } from 'vitest';
import { planDataset } from '../../src/builders/dataset-plan.js';
import { keptRows } from '../../src/builders/kept-rows.js';
import { LEAKS, type LeakKind, type ProofRule } from '../../src/builders/leaks/leak.js';
import { proofLog, proofTemplates } from '../../src/builders/leaks/proof-log.js';
import { LeakProof, type Proof, refuseLeaks } from '../../src/builders/leaks/prove.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { renderRows } from '../../src/builders/render-rows.js';
import { RowChoice } from '../../src/builders/row-choice.js';
import type { Instruction, Split } from '../../src/core/instruction.js';
import { instructionsOf, madeRows } from '../../src/core/made-row.js';
import type { TargetRule } from '../../src/core/target-rule.js';
import { importShop, shopRecipe } from './invented-shop.js';
import { inventedStudio } from './invented-store.js';

const studio = inventedStudio();
afterAll(() => studio.close());
importShop(studio.store);

function proveNoLeak(
  rows: Iterable<Instruction>,
  ...[templates, log, rule]: ConstructorParameters<typeof LeakProof>
): Proof {
  const proof = new LeakProof(templates, log, rule);
  for (const row of madeRows(rows)) proof.look(row);
  return proof.finish();
}

/** A whole version of the shop: its rows, and a proof of any rows in their place. */
function version(change: Record<string, unknown> = {}) {
  const recipe = shopRecipe(change);
  const plan = planDataset(studio.store, recipe);
  const wrapper = loadWrapper(recipe.wrapper);
  const made: Record<Split, Instruction[]> = { train: [], valid: [], test: [] };
  const rendered = [...instructionsOf(renderRows(plan, wrapper, {}, { withoutRow: {}, lacked: {} }))];
  const choice = new RowChoice({ ...plan.recipe, twins: 'drop' }, plan.mixture.templates);
  for (const row of madeRows(rendered)) choice.look(row);
  for (const row of instructionsOf(keptRows(madeRows(rendered), choice).rows)) made[row.split].push(row);
  const templates = proofTemplates(plan.mixture.templates);
  const log = proofLog(plan.sequences, plan.log.items, plan.recipe.label, plan.log.roles);
  const rule: ProofRule = { split: recipe.split.kind, dislikedCandidates: false, drawnTargets: false, twins: 'refuse' };
  const rows = [...made.train, ...made.valid, ...made.test];
  return { rows, templates, log, plan, prove: (of: Iterable<Instruction>) => proveNoLeak(of, templates, log, rule) };
}

const shop = version();
const shopItems = shop.plan.log.items;
const titleOf = (id: string): string => shopItems.get(id)?.title ?? '';

/** A row and the place of it. */
type Pick = (row: Instruction) => boolean;
const uses =
  (...slots: string[]): Pick =>
  (row) =>
    slots.every((slot) => shop.templates.get(row.templateId)?.promptSlots.has(slot));
const uses0 =
  (slot: string): Pick =>
  (row) =>
    !shop.templates.get(row.templateId)?.promptSlots.has(slot);
const both =
  (...picks: Pick[]): Pick =>
  (row) =>
    picks.every((pick) => pick(row));
const of =
  (split: Split): Pick =>
  (row) =>
    row.split === split;
const judged: Pick = (row) =>
  row.label !== null &&
  row.choices?.length === 2 &&
  uses0('reasoning')(row) &&
  !row.templateId.includes('chain') &&
  !row.templateId.includes('cot');
const listed: Pick = (row) => row.candidates !== null && row.candidates.length > 2;
const long: Pick = (row) => row.historyInteractions.length >= 3;
const any: Pick = () => true;

/** Puts text behind a mark of the prompt, as a value; ranges behind it move. */
function insert(row: Instruction, text: string, asValue = true): Instruction {
  const bytes = Buffer.from(row.prompt);
  const at = bytes.length - Buffer.byteLength('\n\n### Response:\n');
  const prompt = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]).toString();
  const value: [number, number] = [at, at + Buffer.byteLength(text)];
  return { ...row, prompt, values: asValue ? [...row.values, value] : row.values };
}

const line = (row: Instruction) => shop.log.line(row.target);
const laterOf = (row: Instruction) =>
  shop.log.of(row.userId).find(({ position }) => position > (line(row)?.position ?? 0));
const laterLine = (row: Instruction): number => {
  const position = line(row)?.position ?? 0;
  for (let at = 1; at <= 480; at++) {
    const one = shop.log.line(at);
    if (one?.userId === row.userId && one.position > position) return at;
  }
  return 0;
};
const hasLater: Pick = (row) => laterLine(row) > 0;
const foreignLine = (row: Instruction): number => (shop.log.line(1)?.userId === row.userId ? 2 : 1);
const another = (row: Instruction, pick: Pick): Instruction =>
  shop.rows.find((other) => other.userId !== row.userId && pick(other)) as Instruction;
const replaceLine = (row: Instruction, at: number, by: number): Instruction => ({
  ...row,
  historyInteractions: row.historyInteractions.map((old, i) => (i === at ? by : old)),
});
const metNotCandidate = (row: Instruction): string =>
  shop.log.of(row.userId).find(({ itemId }) => itemId !== row.itemId && !row.candidates?.includes(itemId))?.itemId ??
  '';
const withCandidate = (row: Instruction, from: (id: string, i: number) => boolean, to: string): Instruction => ({
  ...row,
  candidates: (row.candidates ?? []).map((id, i) => (from(id, i) ? to : id)),
});
const sentence = (row: Instruction): string => `It ${line(row)?.review?.split('It ')[1]?.split('. ')[0]}.`;

/** One row made wrong; undefined: the change is of all rows. */
interface Planted {
  readonly leak: string;
  readonly kind: LeakKind;
  readonly pick: Pick;
  readonly change: (row: Instruction) => Instruction;
}

const onRows: readonly Planted[] = [
  // histories
  {
    leak: 'the target as the newest history item',
    kind: 'target-in-history',
    pick: long,
    change: (row) => replaceLine(row, row.historyInteractions.length - 1, row.target),
  },
  {
    leak: 'the target as the oldest history item',
    kind: 'target-in-history',
    pick: long,
    change: (row) => replaceLine(row, 0, row.target),
  },
  {
    leak: 'an item from after the target at the end of the history',
    kind: 'later-in-history',
    pick: both(long, hasLater),
    change: (row) => replaceLine(row, row.historyInteractions.length - 1, laterLine(row)),
  },
  {
    leak: 'an item from after the target at the begin of the history',
    kind: 'later-in-history',
    pick: both(long, hasLater),
    change: (row) => replaceLine(row, 0, laterLine(row)),
  },
  {
    leak: "another user's item",
    kind: 'foreign-history',
    pick: long,
    change: (row) => replaceLine(row, 1, foreignLine(row)),
  },
  {
    leak: 'a history that runs backwards',
    kind: 'unordered-history',
    pick: long,
    change: (row) => ({ ...row, historyInteractions: [...row.historyInteractions].reverse() }),
  },
  {
    leak: 'two history items that changed places',
    kind: 'unordered-history',
    pick: long,
    change: (row) => ({
      ...row,
      historyInteractions: [
        row.historyInteractions[1],
        row.historyInteractions[0],
        ...row.historyInteractions.slice(2),
      ] as number[],
    }),
  },
  {
    leak: 'a history item twice',
    kind: 'unordered-history',
    pick: long,
    change: (row) => replaceLine(row, 1, row.historyInteractions[0] as number),
  },
  {
    leak: 'a history line that the log does not have',
    kind: 'unknown-line',
    pick: long,
    change: (row) => replaceLine(row, 1, 99999),
  },
  {
    leak: 'a target line that the log does not have',
    kind: 'unknown-line',
    pick: any,
    change: (row) => ({ ...row, target: 99999 }),
  },
  {
    leak: 'a target line of another user',
    kind: 'foreign-target',
    pick: any,
    change: (row) => ({ ...row, target: foreignLine(row) }),
  },
  {
    leak: 'rows that changed users',
    kind: 'foreign-target',
    pick: any,
    change: (row) => ({ ...row, userId: row.userId === 'u0' ? 'u1' : 'u0' }),
  },
  {
    leak: 'another item than the target line has',
    kind: 'other-item',
    pick: any,
    change: (row) => ({ ...row, itemId: row.itemId === 'i0' ? 'i1' : 'i0' }),
  },
  {
    leak: 'a liked history item that is told as disliked',
    kind: 'wrong-history-label',
    pick: long,
    change: (row) => ({ ...row, historyLabels: row.historyLabels.map((label) => !label) }),
  },
  {
    leak: 'one history label that follows the answer',
    kind: 'wrong-history-label',
    pick: long,
    change: (row) => ({ ...row, historyLabels: row.historyLabels.map((label, i) => (i === 0 ? !label : label)) }),
  },
  { leak: 'a label turned round', kind: 'wrong-label', pick: judged, change: (row) => ({ ...row, label: !row.label }) },
  // texts
  {
    leak: 'the title of the target in the place of a history item',
    kind: 'other-text-in-history',
    pick: both(long, (row) => row.history.length > 1),
    change: (row) => {
      const [begin, end] = row.history[1] as [number, number];
      const bytes = Buffer.from(row.prompt);
      const filler = Buffer.alloc(end - begin, 'x');
      filler.write(titleOf(row.itemId).slice(0, end - begin));
      return { ...row, prompt: Buffer.concat([bytes.subarray(0, begin), filler, bytes.subarray(end)]).toString() };
    },
  },
  {
    leak: 'lines that are not those whose titles are printed',
    kind: 'other-text-in-history',
    pick: both(long, (row) => (shop.log.of(row.userId)[0]?.position ?? 1) === 0 && row.historyInteractions.length >= 4),
    change: (row) => ({
      ...row,
      historyInteractions: [...row.historyInteractions.slice(0, 2), ...row.historyInteractions.slice(3)],
      historyLabels: row.historyLabels.slice(1),
      history: row.history.slice(1),
    }),
  },
  {
    leak: 'fewer lines than places',
    kind: 'other-text-in-history',
    pick: long,
    change: (row) => ({
      ...row,
      historyInteractions: row.historyInteractions.slice(1),
      historyLabels: row.historyLabels.slice(1),
    }),
  },
  {
    leak: 'the title of the target as a value',
    kind: 'target-named',
    pick: both((row) => shop.templates.get(row.templateId)?.asksForItem === true, uses0('candidates')),
    change: (row) => insert(row, titleOf(row.itemId)),
  },
  {
    leak: 'the title of the target in other capitals',
    kind: 'target-named',
    pick: both((row) => shop.templates.get(row.templateId)?.asksForItem === true, uses0('candidates')),
    change: (row) => insert(row, titleOf(row.itemId).toUpperCase()),
  },
  {
    leak: 'the title of the target inside a sentence',
    kind: 'target-named',
    pick: both((row) => shop.templates.get(row.templateId)?.asksForItem === true, uses0('candidates')),
    change: (row) => insert(row, `\nThey looked for "${titleOf(row.itemId)}", it seems.`),
  },
  {
    leak: 'the title of the target outside every value',
    kind: 'target-named',
    pick: both((row) => shop.templates.get(row.templateId)?.asksForItem === true, uses0('candidates')),
    change: (row) => insert(row, `\nNext: ${titleOf(row.itemId)}`, false),
  },
  {
    leak: 'the title of the target in the need of a search',
    kind: 'target-named',
    pick: uses('vagueIntention', 'candidates'),
    change: (row) => insert(row, `I want the ${titleOf(row.itemId)} now`),
  },
  {
    leak: "the user's own review of the target",
    kind: 'review-shown',
    pick: both(uses('history'), uses0('review'), uses0('vagueIntention'), uses0('headline'), uses0('feature')),
    change: (row) => insert(row, `\n${line(row)?.review}`),
  },
  {
    leak: 'a sentence of the review in a taste',
    kind: 'review-shown',
    pick: both(uses('preference'), uses0('vagueIntention')),
    change: (row) => insert(row, sentence(row)),
  },
  {
    leak: 'a sentence of the review in other capitals',
    kind: 'review-shown',
    pick: both(uses('preference'), uses0('vagueIntention')),
    change: (row) => insert(row, sentence(row).toUpperCase()),
  },
  {
    leak: 'a sentence of the review outside every value',
    kind: 'review-shown',
    pick: both(uses('candidates', 'history'), uses0('vagueIntention')),
    change: (row) => insert(row, ` ${sentence(row)}`, false),
  },
  {
    leak: 'a sentence of the review before a rating is guessed',
    kind: 'review-shown',
    pick: both((row) => row.templateId === 'rating/from-ratings', any),
    change: (row) => insert(row, sentence(row)),
  },
  {
    leak: 'a taste that names what the user met later',
    kind: 'later-title',
    pick: both(uses('preference'), (row) => laterOf(row) !== undefined && laterOf(row)?.itemId !== row.itemId),
    change: (row) => insert(row, `Likes ${titleOf(laterOf(row)?.itemId ?? '')}`),
  },
  {
    leak: 'the explanation that is asked for',
    kind: 'answer-shown',
    pick: (row) => row.templateId.startsWith('explanation/'),
    change: (row) => insert(row, row.answer),
  },
  {
    leak: 'the headline that is asked for',
    kind: 'answer-shown',
    pick: (row) => row.templateId.startsWith('review-summary/'),
    change: (row) => insert(row, row.answer, false),
  },
  {
    leak: 'the taste that is asked for',
    kind: 'answer-shown',
    pick: (row) => row.templateId.startsWith('turn-around/to-taste'),
    change: (row) => insert(row, row.answer),
  },
  {
    leak: 'the knowledge that is asked for',
    kind: 'answer-shown',
    pick: (row) => row.templateId.startsWith('item-knowledge/'),
    change: (row) => insert(row, row.answer.toUpperCase()),
  },
  {
    leak: 'the answer behind the prompt',
    kind: 'answer-appended',
    pick: judged,
    change: (row) => ({ ...row, prompt: `${row.prompt}${row.answer}` }),
  },
  {
    leak: 'the letter behind the prompt',
    kind: 'answer-appended',
    pick: (row) => row.templateId === 'pick/letter',
    change: (row) => ({ ...row, prompt: `${row.prompt}${row.answer}\n` }),
  },
  {
    leak: 'a value that lies outside the prompt',
    kind: 'broken-ranges',
    pick: any,
    change: (row) => ({ ...row, values: [...row.values, [1e6, 1e6 + 3]] }),
  },
  {
    leak: 'values that overlap',
    kind: 'broken-ranges',
    pick: (row) => row.values.length > 1,
    change: (row) => ({
      ...row,
      values: [row.values[0], [row.values[0]?.[0] ?? 0, (row.values[0]?.[1] ?? 0) + 1], ...row.values.slice(1)] as [
        number,
        number,
      ][],
    }),
  },
  {
    leak: 'a history range that ends before it begins',
    kind: 'broken-ranges',
    pick: (row) => row.history.length > 0,
    change: (row) => ({ ...row, history: [[9, 3], ...row.history.slice(1)] }),
  },
  {
    leak: 'a slot that was not filled in',
    kind: 'unfilled-slot',
    pick: any,
    change: (row) => insert(row, '{{target.title}}', false),
  },
  {
    leak: 'a block that was not filled in',
    kind: 'unfilled-slot',
    pick: any,
    change: (row) => insert(row, '{{#if label}}', false),
  },
  // answers
  {
    leak: 'an answer that is no choice',
    kind: 'answer-not-among-choices',
    pick: judged,
    change: (row) => ({ ...row, answer: 'Perhaps' }),
  },
  {
    leak: 'an answer in other capitals',
    kind: 'answer-not-among-choices',
    pick: judged,
    change: (row) => ({ ...row, answer: row.answer.toLowerCase() }),
  },
  {
    leak: 'choices without the answer',
    kind: 'answer-not-among-choices',
    pick: (row) => row.templateId.startsWith('rating/'),
    change: (row) => ({ ...row, choices: (row.choices ?? []).filter((choice) => choice !== row.answer) }),
  },
  {
    leak: 'a choice twice',
    kind: 'equal-choices',
    pick: judged,
    change: (row) => ({ ...row, choices: ['Yes', 'Yes', 'No'] }),
  },
  {
    leak: 'the answer of the other label',
    kind: 'answer-against-label',
    pick: judged,
    change: (row) => ({ ...row, answer: row.choices?.find((choice) => choice !== row.answer) ?? '' }),
  },
  {
    leak: 'the letter of another candidate',
    kind: 'wrong-choice',
    pick: (row) => row.templateId === 'pick/letter',
    change: (row) => ({ ...row, answer: row.choices?.find((choice) => choice !== row.answer) ?? '' }),
  },
  {
    leak: 'the title of another candidate',
    kind: 'wrong-choice',
    pick: both(listed, (row) => row.scored === 'likelihood'),
    change: (row) => ({ ...row, answer: row.choices?.find((choice) => choice !== row.answer) ?? '' }),
  },
  // candidates
  {
    leak: 'a list without the target',
    kind: 'target-not-candidate',
    pick: listed,
    change: (row) => withCandidate(row, (id) => id === row.itemId, 'i999'),
  },
  {
    leak: 'a list with the target twice',
    kind: 'target-not-candidate',
    pick: listed,
    change: (row) => withCandidate(row, (id, i) => id !== row.itemId && i < 2, row.itemId),
  },
  {
    leak: 'an item that the user met before',
    kind: 'met-candidate',
    pick: listed,
    change: (row) =>
      withCandidate(
        row,
        (id, i) => id !== row.itemId && i === (row.candidates?.[0] === row.itemId ? 1 : 0),
        metNotCandidate(row),
      ),
  },
  {
    leak: 'two candidates of one title',
    kind: 'twin-candidates',
    pick: listed,
    change: (row) => {
      const [a, b] = (row.candidates ?? []).filter((id) => id !== row.itemId);
      return withCandidate(row, (id) => id === b, a ?? '');
    },
  },
  {
    leak: 'a candidate that the prompt does not show',
    kind: 'candidate-not-shown',
    pick: both(listed, uses('candidates')),
    change: (row) => {
      const met = new Set(shop.log.of(row.userId).map(({ itemId }) => itemId));
      const free = [...shopItems.keys()].find((id) => !met.has(id) && !row.candidates?.includes(id)) ?? '';
      return withCandidate(row, (id, i) => id !== row.itemId && i >= (row.candidates?.length ?? 0) - 2, free);
    },
  },
  {
    leak: 'more candidates than choices',
    kind: 'candidates-against-choices',
    pick: listed,
    change: (row) => ({
      ...row,
      choices: (row.choices ?? []).slice(0, -1).concat(row.choices?.at(-1) === row.answer ? [] : []),
      answer: row.answer,
    }),
  },
  // across rows, by one row
  {
    leak: 'a row number that is missing',
    kind: 'numbering',
    pick: of('test'),
    change: (row) => ({ ...row, row: row.row + 1 }),
  },
  {
    leak: 'a prompt of test that train holds',
    kind: 'twin-prompt',
    pick: of('test'),
    change: (row) => ({
      ...row,
      prompt: another(row, of('train')).prompt,
      values: [],
      history: [],
      historyInteractions: [],
      historyLabels: [],
    }),
  },
  {
    leak: 'a prompt of valid that train holds',
    kind: 'twin-prompt',
    pick: of('valid'),
    change: (row) => ({
      ...row,
      prompt: another(row, of('train')).prompt,
      values: [],
      history: [],
      historyInteractions: [],
      historyLabels: [],
    }),
  },
  {
    leak: 'a wording for evaluation only in train',
    kind: 'unseen-wording-in-train',
    pick: both(of('train'), (row) => row.templateId === 'pick/letter'),
    change: (row) => ({ ...row, templateId: 'pick/shelf' }),
  },
];

describe('the proof', () => {
  it('finds nothing in a version of every family and of cells of each kind', () => {
    expect(new Set(shop.rows.map(({ templateId }) => templateId)).size).toBeGreaterThan(50);
    expect(shop.prove(shop.rows).leaks).toEqual([]);
  });

  it('is asked about 50 kinds of planted leaks and more', () => {
    expect(onRows.length + onVersions.length).toBeGreaterThanOrEqual(50);
    expect(new Set([...onRows, ...onVersions].map(({ leak }) => leak)).size).toBe(onRows.length + onVersions.length);
  });

  it('knows no kind of leak that nothing here plants', () => {
    const planted = new Set([...onRows, ...onVersions].map(({ kind }) => kind));
    expect(Object.keys(LEAKS).filter((kind) => !planted.has(kind as LeakKind))).toEqual([]);
  });

  it.each(onRows)('catches $leak, and names the row', ({ kind, pick, change }) => {
    const at = shop.rows.findIndex(pick);
    expect(at).toBeGreaterThanOrEqual(0);
    const good = shop.rows[at] as Instruction;
    const bad = change(good);
    expect(bad).not.toEqual(good);
    const { leaks } = shop.prove(shop.rows.map((row, i) => (i === at ? bad : row)));
    const found = leaks.filter((one) => one.kind === kind);
    expect(found.map(({ row }) => row)).toContain(`${bad.split} row ${bad.row}`);
    expect(() => refuseLeaks(leaks)).toThrow(
      expect.objectContaining({ kind: 'data', message: expect.stringContaining(LEAKS[kind]) }),
    );
  });
});

/** Whole versions made wrong. */
interface PlantedVersion {
  readonly leak: string;
  readonly kind: LeakKind;
  readonly rule: ProofRule['split'];
  readonly targets?: TargetRule; // that the rows were not made by
  readonly change: (rows: readonly Instruction[]) => Instruction[];
}

const renumbered = (rows: readonly Instruction[]): Instruction[] => {
  const next = { train: 0, valid: 0, test: 0 };
  const order = { train: 0, valid: 1, test: 2 };
  return [...rows].sort((a, b) => order[a.split] - order[b.split]).map((row) => ({ ...row, row: next[row.split]++ }));
};

const onVersions: readonly PlantedVersion[] = [
  {
    leak: 'a target that only histories may show',
    kind: 'forbidden-target',
    rule: 'leave-one-out',
    targets: {
      attribute: 'summary',
      not: [line(shop.rows[0] as Instruction)?.line ?? 0].map((at) => `Headline about purchase ${at - 1} here`),
    },
    change: (rows) => [...rows],
  },
  {
    leak: 'a row that stands in its split twice',
    kind: 'same-question',
    rule: 'leave-one-out',
    change: (rows) => renumbered([...rows, rows[0] as Instruction]),
  },
  {
    leak: 'a target that train and test ask about',
    kind: 'target-in-two-splits',
    rule: 'leave-one-out',
    change: (rows) => renumbered([...rows, { ...(rows[0] as Instruction), split: 'test' }]),
  },
  {
    leak: 'a target that train and valid ask about',
    kind: 'target-in-two-splits',
    rule: 'leave-one-out',
    change: (rows) => renumbered([...rows, { ...(rows[5] as Instruction), split: 'valid' }]),
  },
  {
    leak: 'a user on both sides of a split by user',
    kind: 'user-in-two-splits',
    rule: 'by-user',
    change: (rows) => [...rows],
  },
  {
    leak: 'a history of train that shows a target of test',
    kind: 'evaluation-target-in-train',
    rule: 'leave-one-out',
    change: (rows) => {
      const test = rows.find(of('test')) as Instruction;
      return rows.map((row, i) =>
        i === 0 ? { ...row, historyInteractions: [...row.historyInteractions, test.target] } : row,
      );
    },
  },
  {
    leak: 'a history of train that shows a target of valid',
    kind: 'evaluation-target-in-train',
    rule: 'leave-one-out',
    change: (rows) => {
      const valid = rows.find(of('valid')) as Instruction;
      return rows.map((row, i) =>
        i === 0 ? { ...row, historyInteractions: [...row.historyInteractions, valid.target] } : row,
      );
    },
  },
  {
    leak: 'splits by user under the name of a split by time',
    kind: 'later-train',
    rule: 'global-time',
    change: (rows) =>
      renumbered(rows.map((row, i) => ({ ...row, split: i % 3 === 0 ? 'train' : i % 3 === 1 ? 'valid' : 'test' }))),
  },
  {
    leak: 'splits by user under the name of a rolling split',
    kind: 'later-train',
    rule: 'rolling',
    change: (rows) =>
      renumbered(rows.map((row, i) => ({ ...row, split: i % 3 === 0 ? 'train' : i % 3 === 1 ? 'valid' : 'test' }))),
  },
  {
    leak: 'test and valid that changed places',
    kind: 'later-train',
    rule: 'leave-one-out',
    change: (rows) =>
      renumbered(
        rows.map((row) => ({
          ...row,
          split: row.split === 'test' ? 'valid' : row.split === 'valid' ? 'test' : 'train',
        })),
      ),
  },
  {
    leak: 'test and train that changed places',
    kind: 'later-train',
    rule: 'leave-one-out',
    change: (rows) =>
      renumbered(
        rows.map((row) => ({
          ...row,
          split: row.split === 'test' ? 'train' : row.split === 'train' ? 'test' : 'valid',
        })),
      ),
  },
  {
    leak: 'targets that always stand first among their candidates',
    kind: 'place-of-target',
    rule: 'leave-one-out',
    change: (rows) =>
      rows.map((row) => ({
        ...row,
        candidates: row.candidates && [row.itemId, ...row.candidates.filter((id) => id !== row.itemId)],
      })),
  },
  {
    leak: 'targets that always stand last among their candidates',
    kind: 'place-of-target',
    rule: 'leave-one-out',
    change: (rows) =>
      rows.map((row) => ({
        ...row,
        candidates: row.candidates && [...row.candidates.filter((id) => id !== row.itemId), row.itemId],
      })),
  },
];

describe('the proof of a whole version', () => {
  it.each(onVersions)('catches $leak', ({ kind, rule, targets, change }) => {
    const { sequences, recipe, log: known } = shop.plan;
    const log = targets ? proofLog(sequences, known.items, recipe.label, known.roles, targets) : shop.log;
    const { leaks } = proveNoLeak(change(shop.rows), shop.templates, log, {
      split: rule,
      dislikedCandidates: false,
      drawnTargets: false,
      twins: 'refuse',
    });
    expect(leaks.map((one) => one.kind)).toContain(kind);
  });

  it.each([
    { split: { kind: 'by-user', seed: 1, sizes: { unit: 'parts', train: 6, valid: 2, test: 2 } } },
    { split: { kind: 'global-time', sizes: { unit: 'parts', train: 6, valid: 2, test: 2 } } },
    { split: { kind: 'rolling', folds: 2, fold: 1 } },
    { split: { kind: 'row-order', sizes: { unit: 'parts', train: 6, valid: 2, test: 2 } } },
  ])('finds nothing in a split $split.kind', ({ split }) => {
    const made = version({ split });
    const rule = {
      split: split.kind as ProofRule['split'],
      dislikedCandidates: false,
      drawnTargets: false,
      twins: 'refuse',
    } as const;
    expect(proveNoLeak(made.rows, made.templates, made.log, rule).leaks).toEqual([]);
  });

  it('counts twins and lets them pass where the recipe says so', () => {
    const rows = shop.rows.map((row, i) =>
      row.split === 'test' && row.row === 0
        ? {
            ...row,
            prompt: shop.rows[0]?.prompt ?? '',
            values: [],
            history: [],
            historyInteractions: [],
            historyLabels: [],
          }
        : { ...row, i },
    );
    const rule = { split: 'leave-one-out', dislikedCandidates: false, drawnTargets: false, twins: 'count' } as const;
    const { leaks, twinPrompts } = proveNoLeak(rows, shop.templates, shop.log, rule);
    expect(twinPrompts).toEqual({ valid: 0, test: 1 });
    expect(leaks.map(({ kind }) => kind)).not.toContain('twin-prompt');
  });
});
