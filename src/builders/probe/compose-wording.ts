import { join } from 'node:path';
import { z } from 'zod';
import { parseAs } from '../../core/parse.js';
import { TASKS, type TaskName, type TemplateHead } from '../../core/template.js';
import { packageRoot, readText, sha256 } from '../../platform/files.js';
import { yamlOfFile } from '../../platform/yaml.js';
import { type Template, understandTemplate } from '../load-template.js';

const FILE = 'templates/wordings.yaml';

/** Slots of a prompt that have a line of their own. */
const LINES = [
  'user',
  'liked',
  'disliked',
  'history',
  'preference',
  'vagueIntention',
  'specificIntention',
  'collaborative',
  'candidates',
  'headline',
  'review',
  'target',
] as const;
type Line = (typeof LINES)[number];

const text = z.string().min(1);

const Wording = z.strictObject({
  asks: z.strictObject({ judgement: text, rating: text, choice: text, matching: text }),
  answers: z.strictObject({ letter: text, number: text, title: text, order: text }),
  labels: z.tuple([text, text]),
  letter: text,
  lines: z.record(z.enum(LINES), text), // in the order of the text
});
type Wording = z.infer<typeof Wording>;

const Wordings = z.strictObject({ version: z.number().int().positive(), wordings: z.array(Wording).min(8) });

let read: z.infer<typeof Wordings> | undefined;

/** templates/wordings.yaml, read once. Throws RectuneError 'usage'. */
function all(): z.infer<typeof Wordings> {
  read ??= parseAs(Wordings, yamlOfFile(readText(join(packageRoot(), FILE), 'usage'), 'the wordings', FILE), FILE);
  return read;
}

/** Tasks whose answers can be scored against each other. */
const ASKED: Partial<Record<TaskName, keyof Wording['asks']>> = {
  judgement: 'judgement',
  rating: 'rating',
  pairwise: 'choice',
  ranking: 'choice',
  matching: 'matching',
};

/**
 * The same question as a template's, in each of the wordings of the package: they show what it shows, items by the same fields, and are answered in the
 * same kind. None for a task whose answers are free text, or for a template that shows what no line is for.
 *
 * most  of them
 */
export function composeWordings(own: Template, most = Number.POSITIVE_INFINITY): Template[] {
  const { version, wordings } = all();
  const asked = ASKED[own.head.task];
  const shown = [...own.promptSlots].filter((slot) => slot !== 'itemWord' && slot !== 'itemWords');
  if (asked === undefined || !shown.every((slot) => LINES.some((line) => line === slot))) return [];
  return wordings.slice(0, most).map((wording, i) => {
    const kind = kindOf(own);
    const instruction = wording.asks[asked].replace('{{answer}}', wording.answers[kind]);
    const lines = (Object.keys(wording.lines) as Line[]).filter((line) => shown.includes(line));
    const body = lines.map((line) => `${wording.lines[line]}${printed(line, own, wording)}`).join('\n');
    const thoughts = own.answerSlots.has('reasoning') ? '{{reasoning}} ' : '';
    const head: TemplateHead = {
      id: `wordings/${own.head.task}-${i + 1}`,
      version,
      task: own.head.task,
      family: 'wordings',
      evaluationOnly: true,
      variables: [],
      fields: own.head.fields,
      userFields: own.head.userFields,
      instruction,
      output: `${thoughts}${answer(own, wording)}`,
    };
    const hash = sha256(JSON.stringify({ head, body }));
    const file = { shown: `${FILE} (${head.id})`, hash, head, body, headLine: () => 1, bodyLine: 1 };
    return understandTemplate(file, [], 'as used');
  });
}

/** How a candidate is named in the answer. */
function kindOf({ answerSlots, answerPlaces }: Template): keyof Wording['answers'] {
  if (answerSlots.has('order')) return 'order';
  if (answerPlaces.has('letter')) return 'letter';
  return answerPlaces.has('number') ? 'number' : 'title';
}

function answer(own: Template, { labels }: Wording): string {
  switch (TASKS[own.head.task].alternatives) {
    case 'label':
      return `{{#if label}}${labels[0]}{{else}}${labels[1]}{{/if}}`;
    case 'stars':
      return '{{stars}}';
    default: {
      const kind = kindOf(own);
      if (kind === 'order') return '{{order}}';
      return own.head.task === 'matching' ? '{{target.title}}' : `{{chosen.${kind}}}`;
    }
  }
}

/** What stands behind the words of a line. */
function printed(line: Line, own: Template, { letter }: Wording): string {
  const { fields, userFields } = own.head;
  const item = (prefix: string) => {
    const others = fields.map((field) => `${field}: {{${prefix}${field}}}`);
    return `{{quote ${prefix}title}}${others.length === 0 ? '' : ` (${others.join('; ')})`}`;
  };
  const list = (name: string, each: string, separator = ', ') =>
    `{{#each ${name}}}${each}{{#unless @last}}${separator}{{/unless}}{{/each}}`;
  switch (line) {
    case 'user':
      return userFields.map((field) => `${field} {{user.${field}}}`).join(', ');
    case 'liked':
    case 'disliked':
    case 'history': {
      const stars = own.places.has('stars') ? ' ({{starWords stars}})' : '';
      const liked = own.places.has('isLiked') ? ' ({{#if isLiked}}liked{{else}}not liked{{/if}})' : '';
      return list(line, `${item('')}${stars}${liked}`);
    }
    case 'candidates': {
      const kind = kindOf(own);
      if (kind === 'title') return list(line, item(''));
      const name = kind === 'number' ? '{{number}}' : '{{letter}}';
      return `\n${list(line, `${letter.replace('#', name)}${item('')}`, '\n')}`;
    }
    case 'target':
      return item('target.');
    case 'headline':
    case 'review':
      return `{{oneLine ${line}}}`;
    default:
      return `{{${line}}}`;
  }
}
