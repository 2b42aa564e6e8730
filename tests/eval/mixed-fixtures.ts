import { DatasetVersion } from '../../src/core/dataset-version.js';
import type { Instruction } from '../../src/core/instruction.js';
import type { Prediction } from '../../src/core/prediction.js';
import { Random } from '../../src/core/random.js';
import type { ReportInput } from '../../src/eval/report.js';
import type { SplitInput } from '../../src/eval/split-scores.js';
import { ADAPTER_HASH, inventInput, scoredBy, type World } from './fixtures.js';

/** How an invented version of several tasks differs from the plain one. */
export interface MixedWorld {
  users?: number; // of each split
  skill?: number; // of the adapter: how far it lifts the right answer of a list, a rating and a text
  judgements?: boolean;
  ratings?: boolean; // whether the log has any
  popularTargets?: boolean; // targets are the most popular of their lists: popularity is never wrong
  identical?: boolean; // the adapter says what its base model says
  titles?: string;
}

const TEMPLATES = [
  { id: 'rank-1', task: 'ranking', family: 'pick', cell: 'p1-i0-t3-plain', evaluationOnly: false },
  { id: 'rank-2', task: 'ranking', family: 'pick', cell: 'p1-i2-t3-plain', evaluationOnly: true },
  { id: 'pair-1', task: 'pairwise', family: 'pick', evaluationOnly: false },
  { id: 'stars-1', task: 'rating', family: 'rating', evaluationOnly: false },
  { id: 'taste-1', task: 'taste', family: 'turn-around', evaluationOnly: false },
] as const;

const ITEMS = 20;
const LISTED = 6;

/** Item 0 stands oftenest in the log, the last item least. */
const LOG = Array.from({ length: 400 }, (_, line) => {
  const item = Math.floor(ITEMS * ((line * 0.618034) % 1) ** 2);
  return {
    logIndex: line,
    userId: `train ${line % 40}`,
    itemId: `item ${item}`,
    rating: 1 + ((item + line) % 5),
    timestamp: line,
  };
});

interface Answered {
  readonly row: Instruction;
  readonly base: Prediction;
  readonly adapter: Prediction;
}

/** One row of each template a user. Targets that the history shows are those of even users. */
function inventAnswered(split: 'valid' | 'test', world: MixedWorld): Answered[] {
  const { users = 40, skill = 2, popularTargets = false, identical = false, titles = '' } = world;
  const random = new Random(3, `mixed ${split}`);
  const rows: Answered[] = [];
  for (let user = 0; user < users; user++) {
    for (const template of TEMPLATES) {
      const listed = template.task === 'pairwise' ? 2 : LISTED;
      const items = random.shuffle(Array.from({ length: ITEMS }, (_, i) => i)).slice(0, listed);
      const target = popularTargets ? Math.min(...items) : (items[0] as number);
      const list = random.shuffle(items).map((item) => `item ${item}`);
      const lists = template.task === 'ranking' || template.task === 'pairwise';
      const choices = lists ? list : template.task === 'rating' ? ['1', '2', '3', '4', '5'] : null;
      const right = lists ? list.indexOf(`item ${target}`) : template.task === 'rating' ? random.integer(5) : 0;
      const answer = choices?.[right] ?? `${titles}likes drama`;
      const shown = LOG.filter(({ itemId }) => (itemId === `item ${target}`) === (user % 2 === 0)).slice(0, 3);
      const instruction = {
        row: rows.length,
        split,
        userId: `${titles}${split} user ${user}`,
        itemId: `item ${target}`,
        label: null,
        choices,
        scored: choices === null ? null : template.task === 'ranking' ? 'likelihood' : 'first-token',
        candidates: lists ? list : null,
        templateId: template.id,
        templateVersion: 1,
        instruction: '',
        input: '',
        answer,
        prompt: '',
        values: [],
        history: [],
        historyLabels: shown.map(() => true),
        target: 1_000_000 + rows.length, // not in the log
        historyInteractions: shown.map(({ logIndex }) => logIndex),
      } satisfies Instruction;
      const noise = (choices ?? [answer]).map(() => random.normal());
      const said = (lift: number): Prediction => {
        const scores = noise.map((value, k) => value + (k === right ? lift : 0) - 20);
        const two = template.task === 'pairwise'; // two labels: native says the log-odds of the first
        return {
          row: instruction.row,
          user: instruction.userId,
          item: instruction.itemId,
          label: null,
          logOdds: two ? (scores[0] as number) - (scores[1] as number) : null,
          choices: two ? null : scores.map((sum) => ({ sum, tokens: 4, first: sum / 2 })),
          droppedHistory: 0,
        };
      };
      rows.push({ row: instruction, base: said(0), adapter: said(identical ? 0 : skill) });
    }
  }
  return rows;
}

/** A whole input for makeReport of a version that mixes tasks. */
export function inventMixed(world: MixedWorld = {}, plain: World = {}): ReportInput {
  const { judgements = true, ratings = true } = world;
  const input = inventInput({ users: 30, rowsPerUser: 4, ...plain });
  const mixed = (split: 'valid' | 'test'): SplitInput => {
    const own = input[split] as SplitInput;
    const old = judgements ? own.instructions : [];
    const more = inventAnswered(split, world).map(({ row, base, adapter }) => {
      const at = { row: old.length + row.row };
      return { row: { ...row, ...at }, base: { ...base, ...at }, adapter: { ...adapter, ...at } };
    });
    const both = (by: 'base' | 'adapter') => ({
      set: scoredBy(own.instructions as Instruction[], [], by === 'base' ? null : ADAPTER_HASH).set,
      predictions: [...(judgements ? own[by].predictions : []), ...more.map((one) => one[by])],
    });
    return {
      instructions: [...old, ...more.map(({ row }) => row)],
      adapter: both('adapter'),
      base: both('base'),
    };
  };
  const hash = '9'.repeat(64);
  return {
    ...input,
    version: DatasetVersion.parse({
      ...input.version,
      labels: null,
      templates: [
        { id: 'invented', version: 1, hash, task: 'judgement', rows: { train: 9, valid: 120, test: 120 } },
        ...TEMPLATES.map((template) => ({ ...template, version: 1, hash })),
      ],
    }),
    train: LOG.map(({ logIndex, itemId }) => ({
      itemId,
      userId: 'someone',
      label: null,
      historyLabels: [],
      candidates: ['other 0', 'other 1', itemId, 'other 3', 'other 4', 'other 5'],
      target: logIndex,
      historyInteractions: [],
    })),
    log: () => (ratings ? LOG : LOG.map((line) => ({ ...line, rating: null }))),
    valid: mixed('valid'),
    test: mixed('test'),
  };
}
