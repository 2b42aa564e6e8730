import { join } from 'node:path';
import { z } from 'zod';
import { RectuneError } from '../core/errors.js';
import { cellId, type GridCell, MEANINGFUL_CELLS } from '../core/grid.js';
import { parseAs } from '../core/parse.js';
import type { TaskName, TemplateHead } from '../core/template.js';
import { packageRoot, readText, sha256 } from '../platform/files.js';
import { yamlOfFile } from '../platform/yaml.js';
import type { TemplateFile } from './template-file.js';

const FILE = 'templates/grid.yaml';
const PAPER = 'https://arxiv.org/abs/2305.07001';

/** Wordings of a clause: the last one is for evaluation only. */
const WORDINGS = 3;
const wordings = <T extends z.ZodType>(one: T) => z.array(one).length(WORDINGS);
const text = z.string().min(1);

const Form = z.strictObject({ instruction: text, input: text.optional(), output: text });
const Asked = z.strictObject({ instruction: text, output: text });
const ByIntention = z.strictObject({ I1: text, I2: text });

const Grid = z.strictObject({
  version: z.number().int().positive(),
  preference: z.strictObject({ P1: wordings(text), P2: wordings(text) }),
  intention: z.strictObject({ I1: wordings(text), I2: wordings(text) }),
  form: z.strictObject({ T0: wordings(Form), T1: wordings(Form), T2: wordings(Form), T3: wordings(Form) }),
  cot: wordings(Asked),
  reversed: z.strictObject({ P2: wordings(Asked), I1: wordings(Asked), I2: wordings(Asked), input: wordings(text) }),
  related: z.strictObject({ P1: wordings(ByIntention), P2: wordings(ByIntention) }),
});
type Grid = z.infer<typeof Grid>;

let read: Grid | undefined;

/** templates/grid.yaml, read once. Throws RectuneError 'usage'. */
function grid(): Grid {
  read ??= parseAs(Grid, yamlOfFile(readText(join(packageRoot(), FILE), 'usage'), 'the grid', FILE), FILE);
  return read;
}

export function isGridName(name: string): boolean {
  return name.startsWith('grid/');
}

/** "grid/p1-i0-t3-plain-1", ...: the wordings of a cell, the one for evaluation only last. */
export function cellTemplates(cell: GridCell): string[] {
  return Array.from({ length: WORDINGS }, (_, i) => `grid/${cellId(cell)}-${i + 1}`);
}

/** The templates of all cells that mean something. */
export function gridTemplates(): string[] {
  return MEANINGFUL_CELLS.flatMap(cellTemplates);
}

const TASK_OF_FORM = { T0: 'judgement', T1: 'pairwise', T2: 'matching', T3: 'ranking' } as const;

/** Puts one template together. Throws RectuneError 'usage' for a name that no cell has. */
export function gridTemplate(name: string): TemplateFile<TemplateHead> {
  const cell = MEANINGFUL_CELLS.find((one) => cellTemplates(one).includes(name));
  if (!cell) {
    const fix =
      'write a cell that means something and a wording from 1 to 3, e.g. grid/p1-i0-t3-plain-1; see rectune templates';
    throw new RectuneError('usage', `the grid has no template "${name}"`, FILE, fix);
  }
  const wording = cellTemplates(cell).indexOf(name);
  const { task, instruction, input, output } = composed(cell, wording);
  const head: TemplateHead = {
    id: name,
    version: grid().version,
    task,
    family: 'grid',
    cell,
    evaluationOnly: wording === WORDINGS - 1,
    paper: PAPER,
    variables: [],
    fields: [],
    userFields: [],
    instruction,
    output,
  };
  const body = input.join('\n');
  return {
    shown: `${FILE} (${name})`,
    hash: sha256(JSON.stringify({ head, body })),
    head,
    body,
    headLine: () => 1,
    bodyLine: 1,
  };
}

interface Composed {
  readonly task: TaskName;
  readonly instruction: string;
  readonly input: readonly string[];
  readonly output: string;
}

function composed(cell: GridCell, wording: number): Composed {
  const { preference, intention, form, diversity } = cell;
  const taste = preference === 'P0' ? [] : [at(grid().preference[preference], wording)];
  const need = intention === 'I0' ? [] : [at(grid().intention[intention], wording)];
  switch (diversity) {
    case 'plain':
    case 'cot': {
      const asked = at(grid().form[form], wording);
      const thoughts = diversity === 'cot' ? at(grid().cot, wording) : undefined;
      return {
        task: TASK_OF_FORM[form],
        instruction: thoughts ? `${asked.instruction} ${thoughts.instruction}` : asked.instruction,
        input: [...taste, ...need, ...(asked.input === undefined ? [] : [asked.input])],
        output: `${thoughts?.output ?? ''}${asked.output}`,
      };
    }
    case 'reversed': {
      const { input, ...asked } = grid().reversed;
      const sought = intention === 'I0' ? 'P2' : intention;
      const { instruction, output } = at(asked[sought], wording);
      const before = preference === 'P1' ? taste : [];
      return { task: sought === 'P2' ? 'taste' : 'need', instruction, input: [...before, at(input, wording)], output };
    }
    case 'related': {
      const toIntention = preference === 'P1';
      const instruction = at(grid().related[toIntention ? 'P1' : 'P2'], wording)[intention === 'I1' ? 'I1' : 'I2'];
      const slot = intention === 'I1' ? 'vagueIntention' : 'specificIntention';
      return toIntention
        ? { task: 'need', instruction, input: taste, output: `{{${slot}}}` }
        : { task: 'taste', instruction, input: need, output: '{{preference}}' };
    }
  }
}

function at<T>(clauses: readonly T[], wording: number): T {
  return clauses[wording] as T;
}
