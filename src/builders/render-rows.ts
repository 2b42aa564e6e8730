import { RectuneError } from '../core/errors.js';
import type { Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import { MadeRow } from '../core/made-row.js';
import { Random } from '../core/random.js';
import { type CandidateRule, ItemWords } from '../core/recipe.js';
import { drawItems } from './candidates/draw-candidates.js';
import { pairOf } from './candidates/pair.js';
import type { DatasetPlan } from './dataset-plan.js';
import { type Example, exampleAt, isLiked } from './examples.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import { PlainRows } from './plain-rows.js';
import { renderRow } from './render.js';
import { rowName } from './row-name.js';
import { type Material, NOT_LIKED, type Shown, showExample, type Writers } from './show-example.js';

/** What came of rendering beside the rows. */
export interface RenderTally {
  readonly withoutRow: Record<string, number>; // examples that no template could show, by what they lack
  readonly lacked: Record<string, number>; // tries of a template that gave way to another one, by what the example lacked
}

/**
 * Examples as instructions, in their order; rows of a split are numbered from 0. Each holds until the next one is asked for.
 *
 * throws  RectuneError 'data' that names the rows which would show an item without a title (or without a field of the only template)
 */
export function* renderRows(
  plan: DatasetPlan,
  wrapper: Wrapper,
  writers: Writers,
  tally: RenderTally,
): Generator<MadeRow, void> {
  const { recipe } = plan;
  const words = ItemWords.parse(recipe.words ?? {});
  const material: Material = {
    log: plan.log,
    recipe,
    words,
    writers,
    showsNoHistory: false,
    isLiked: (interaction) => isLiked(interaction, recipe.label),
    candidates(example, { head }) {
      const list = plan.candidates(example);
      if (list === undefined || head.task !== 'pairwise') return list;
      const { itemId, logIndex } = example.target;
      return pairOf(itemId, list, (recipe.candidates as CandidateRule).seed, logIndex);
    },
  };
  const next: Record<Split, number> = { train: 0, valid: 0, test: 0 };
  const described = new Set<string>(); // items and users that a row of knowledge is about: one row each
  const untitled: string[] = [];
  const allPrinted = everyItem(plan);
  const row = new MadeRow();
  const positions: number[] = []; // in the history, of what a row prints of it
  const plain = allPrinted ? PlainRows.of(plan, wrapper) : undefined;
  for (const { place, split } of plan.places()) {
    if (plain !== undefined && place.end > place.begin) {
      plain.fill(row, place, split, next[split]++);
      yield row;
      continue;
    }
    const example = exampleAt(plan.sequences, place);
    const unknown = allPrinted
      ? undefined
      : [...example.history, example.target].find((interaction) => !plan.texts.has(interaction));
    if (unknown) {
      const named = { split, row: next[split] + untitled.length };
      untitled.push(`${rowName(named)} (item ${unknown.itemId}: ${plan.texts.fault(unknown.itemId)})`);
      continue;
    }
    if (untitled.length > 0) continue;
    const found = firstThatShows(example, split);
    if (found === undefined) continue;
    fill(found, split, next[split]++);
    yield row;
  }
  refuseUntitled(untitled);

  /** The first template of the mixture that the example has everything for. */
  function firstThatShows(example: Example, split: Split): Found | undefined {
    const lacks: string[] = [];
    const giveWay = (): void => {
      for (const lack of lacks) tally.lacked[lack] = (tally.lacked[lack] ?? 0) + 1;
    };
    for (const template of plan.mixture.order(split, example.target.logIndex)) {
      const asked = withDrawnTarget(example, template);
      const about = subjectOf(template, asked);
      const shown: Shown =
        about !== undefined && described.has(about)
          ? { missing: 'a subject that no other row describes' }
          : showExample(template, asked.example, asked.label, split, plan.textsFor(template), material);
      if ('example' in shown) {
        if (about !== undefined) described.add(about);
        giveWay();
        return { template, shown, ...asked };
      }
      lacks.push(shown.missing);
      // Another task would take it, and then that task would be asked about disliked items more often than users dislike some.
      if (shown.missing === NOT_LIKED) break;
    }
    const [lack = 'a template for its split'] = lacks;
    tally.withoutRow[lack] = (tally.withoutRow[lack] ?? 0) + 1;
    return undefined;
  }

  /** In an implicit log nobody dislikes: some judgements are about an item that was drawn, and counts as not liked. */
  function withDrawnTarget(example: Example, template: Template): { example: Example; label: boolean } {
    const label = isLiked(example.target, recipe.label);
    const rule = recipe.negatives;
    if (rule === undefined || !label || template.head.task !== 'judgement') return { example, label };
    const random = new Random(rule.seed, `negative of line ${example.target.logIndex}`);
    if (random.uniform() >= rule.share) return { example, label };
    const target = example.target.itemId;
    const wanted = { target, history: example.history.map(({ itemId }) => itemId), disliked: [] };
    const forbidden = { met: plan.metBy(example.userId), titles: new Set([plan.pool.titles.get(target) ?? target]) };
    const [drawn] = drawItems(random, 1, rule.sampler, wanted, plan.log, plan.pool, forbidden);
    if (drawn === undefined) return { example, label };
    return { example: { ...example, target: { ...example.target, itemId: drawn } }, label: false };
  }

  function fill({ template, shown, example, label }: Found, split: Split, number: number): void {
    renderRow(template, wrapper, shown.example, row, positions);
    row.makeRoom(positions.length);
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      row.labels[i] = Number(shown.example.history[position]?.liked === true);
      row.lines[i] = (example.history[position] as Interaction).logIndex;
    }
    row.lineCount = positions.length;
    row.labelCount = positions.length;
    row.row = number;
    row.split = split;
    row.userId = example.userId;
    row.itemId = example.target.itemId;
    row.itemNumber = undefined;
    row.label = template.labels ? label : null;
    row.candidates = shown.candidates;
    row.templateId = template.head.id;
    row.templateVersion = template.head.version;
    row.target = example.target.logIndex;
  }
}

function everyItem({ sequences, texts }: DatasetPlan): boolean {
  for (const itemId of sequences.itemIds()) if (!texts.has({ itemId })) return false;
  return true;
}

interface Found {
  readonly template: Template;
  readonly shown: Extract<Shown, { example: unknown }>;
  readonly example: Example;
  readonly label: boolean;
}

/** What a row of knowledge describes; undefined for rows about a user and an item. */
function subjectOf({ head }: Template, { example }: { example: Example }): string | undefined {
  if (head.task === 'item-knowledge') return `${head.family} item ${example.target.itemId}`;
  if (head.task === 'user-knowledge') return `${head.family} user ${example.userId}`;
  return undefined;
}

const NAMED = 5; // rows that an error names

function refuseUntitled(rows: readonly string[]): void {
  if (rows.length === 0) return;
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
  throw new RectuneError(
    'data',
    `${rows.length} rows show an item that cannot be printed`,
    `${rows.slice(0, NAMED).join(', ')}${more}`,
    'complete the item file, or set missingTitles: skip in the recipe',
  );
}
