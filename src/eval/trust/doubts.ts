import { type Estimate, type Finding, MODEL_TITLES, type Report } from '../../core/report.js';
import type { Doubt, Trust } from '../../core/report-trust.js';
import { TASK_MODEL_TITLES, type TaskReport } from '../../core/task-report.js';
import { METRIC } from '../metrics/metric.js';
import { counted, figure, withInterval } from '../numbers.js';
import { metricTitle, taskMetric } from '../tasks/task-metric.js';
import { FEW_USERS } from '../warnings.js';

type Judged = Pick<Report, 'splits' | 'differences' | 'baseline' | 'tasks'>;

/** How the adapter stands in one task on test, by its main metric. */
interface Standing {
  readonly task: string;
  readonly kind: string;
  readonly title: string;
  readonly rows: number;
  readonly users: number;
  readonly rivals: readonly Rival[]; // its base model and the best trivial baseline, if there is one
  readonly chance: { readonly beaten: boolean | undefined; readonly told: string } | undefined; // undefined: there is none
}

interface Rival {
  readonly title: string;
  readonly finding: Finding;
  readonly difference: Estimate;
  readonly gain: number | null; // above 0 is good
}

/**
 * What takes away belief in what the report says of the adapter, the gravest first:
 * - learning: it beats neither its base model nor the best trivial baseline nor chance;
 * and where it beats one of the first two, by a gain that stands in doubt:
 * - history: without its history it is not worse;
 * - order, wording: between the best and the worst form of the same rows lies more than the gain;
 * - titles: the base model completes titles of the catalogue, and the adapter loses when titles are exchanged;
 * - serving: stock llama.cpp differs from our scorer by more than the gain.
 *
 * control  whether the run learned from shuffled labels: then nothing can be learned, and what it beats is told as learning, too
 */
export function doubtsOf(judged: Judged, trust: Omit<Trust, 'doubts'>, control: boolean): Doubt[] {
  const standings = standingsOf(judged);
  const about = (task: string) => (standings.length < 2 ? '' : `${task}: `);
  return standings.flatMap((standing): Doubt[] => {
    const nothing = nothingLearned(standing) ?? (control ? nothingToLearn(standing) : undefined);
    const doubts = nothing ? [nothing] : unbelieved(standing, trust);
    return doubts.map((one) => ({ ...one, sentence: `${about(one.task)}${one.sentence}` }));
  });
}

/** What stands at the top: where nothing was learned in several tasks, one sentence says so of all, and their own sentences say by how much. */
export function toldDoubts(doubts: readonly Doubt[]): (Pick<Doubt, 'about' | 'sentence'> & { task?: string })[] {
  const nothing = doubts.filter(({ about }) => about === 'learning');
  const others = doubts.filter(({ about }) => about !== 'learning');
  if (nothing.length < 2) return [...nothing, ...others];
  const tasks = nothing.map(({ task }) => task).join(', ');
  const sentence = `Nothing was learned, as far as test shows, in ${tasks}: there the adapter beats neither its base model nor the best trivial baseline nor chance.`;
  return [{ about: 'learning', sentence }, ...others];
}

function standingsOf({ splits, differences, baseline, tasks }: Judged): Standing[] {
  const test = splits.find(({ split }) => split === 'test');
  const judgements: Standing[] = [];
  if (test && baseline) {
    const auc = test.models.find(({ model }) => model === 'adapter')?.metrics.auc;
    const rivals = (['base', baseline.model] as const).flatMap((model) => {
      const found = differences.find(
        ({ split, metric, second }) => split === 'test' && metric === 'auc' && second === model,
      );
      return found ? [rivalOf(MODEL_TITLES[model], found, METRIC.auc.better)] : [];
    });
    judgements.push({
      task: 'judgement',
      kind: 'judgement',
      title: 'AUC',
      rows: test.rows,
      users: test.users,
      rivals,
      chance: auc && {
        beaten: auc.low === null ? undefined : auc.low > 0.5,
        told: `chance: its AUC is ${withInterval(auc)}, and chance has 0.5`,
      },
    });
  }
  return [...judgements, ...tasks.map(standingOfTask)];
}

function standingOfTask(report: TaskReport): Standing {
  const { task, kind, main, list, splits, differences, baseline } = report;
  const test = splits.find(({ split }) => split === 'test');
  const against = (model: string) =>
    differences.find(({ split, metric, second }) => split === 'test' && metric === main && second === model);
  const named = ['base', ...(baseline ? [baseline.model] : [])] as const;
  const rivals = named.flatMap((model) => {
    const found = against(model);
    const title = (TASK_MODEL_TITLES as Readonly<Record<string, string>>)[model] ?? model;
    return found ? [rivalOf(title, found, taskMetric(main).better)] : [];
  });
  const blind = { choice: 'chance', rating: 'global-mean', text: undefined }[kind];
  const found = blind === undefined ? undefined : against(blind);
  return {
    task,
    kind,
    title: metricTitle(main, list),
    rows: test?.rows ?? 0,
    users: test?.users ?? 0,
    rivals,
    chance: found && {
      beaten: found.finding === 'not-defined' ? undefined : found.finding === 'beats',
      told: `${kind === 'choice' ? 'chance' : 'the mean rating of train'} (${withInterval(found.difference)})`,
    },
  };
}

function rivalOf(
  title: string,
  { finding, difference }: { finding: Finding; difference: Estimate },
  better: 'higher' | 'lower',
): Rival {
  const { value } = difference;
  return { title, finding, difference, gain: value === null ? null : better === 'higher' ? value : 0 - value };
}

function nothingLearned({ task, title, rows, users, rivals, chance }: Standing): Doubt | undefined {
  const [base, baseline] = rivals;
  if (!base || rivals.some(({ finding }) => finding === 'beats' || finding === 'not-defined')) return undefined;
  if (chance && chance.beaten !== false) return undefined;
  const told = [
    `its base model (difference of ${title} ${withInterval(base.difference)})`,
    ...(baseline ? [`the best trivial baseline, "${baseline.title}" (${withInterval(baseline.difference)})`] : []),
    ...(chance ? [chance.told] : []),
  ];
  const rest = told.slice(1).map((one) => ` nor ${one}`);
  const sentence = `Nothing was learned, as far as test shows: on ${counted(rows, 'row')} of ${counted(users, 'user')} the adapter beats ${rest.length === 0 ? 'not' : 'neither'} ${told[0]}${rest.join('')}.${users < FEW_USERS ? ' With so few users a gain could go unseen.' : ''}`;
  return { about: 'learning', task, sentence };
}

/** Of a run on shuffled labels that beats something none the less. */
function nothingToLearn({ task, kind, title, rivals, chance }: Standing): Doubt | undefined {
  if (kind !== 'judgement') return undefined; // other tasks keep their answers
  const beaten = rivals.filter(({ finding }) => finding === 'beats');
  const told = [
    ...beaten.map(({ title: who, difference }) => `"${who}" (difference of ${title} ${withInterval(difference)})`),
    ...(chance?.beaten ? [chance.told] : []),
  ];
  const rest =
    told.length === 0
      ? 'It cannot be compared on test.'
      : `What it beats on test, ${told.join(' and ')}, it beats by chance or by what is no label: take it as the size of a gain that means nothing.`;
  return {
    about: 'learning',
    task,
    sentence: `Nothing of what users like was learned: the labels of train were shuffled, and there was nothing to learn. ${rest}`,
  };
}

function unbelieved({ task, kind, rivals }: Standing, trust: Omit<Trust, 'doubts'>): Doubt[] {
  const beaten = rivals.filter(({ finding, gain }) => finding === 'beats' && gain !== null);
  const claim = beaten.at(-1); // the baseline before the base model
  if (!claim || claim.gain === null) return [];
  const gain = `its gain of ${figure(claim.gain)} over "${claim.title}"`;
  const isMore = (by: number | null) => by !== null && Math.abs(by) > (claim.gain as number);
  const forms = trust.forms.filter((one) => one.task === task && one.kind === kind);
  const doubts: Doubt[] = [];
  for (const { probe, title, rows, users, forms: shown, adapter } of forms) {
    const on = `on ${counted(rows, 'row')} of ${counted(users, 'user')}`;
    if (probe === 'history') {
      const removed = shown.find(({ form }) => form === 'removed')?.adapter;
      if (removed && (removed.finding === 'undecided' || removed.finding === 'beats')) {
        doubts.push({
          about: 'history',
          task,
          sentence:
            `Without its history the adapter is not shown to lose anything, ${on}: ${title} ${withInterval(removed.shown)} without it and ${withInterval(removed.plain)} with it. ` +
            'What it gained need not come from reading the history.',
        });
      }
    }
    if ((probe === 'order' || probe === 'wording') && isMore(adapter.spread.value) && (adapter.spread.low ?? 0) > 0) {
      doubts.push({
        about: probe,
        task,
        sentence: `${probe === 'order' ? 'The order of the candidates' : 'The wording of the prompt'} moves the adapter's ${title} by ${withInterval(adapter.spread)} between the best and the worst, ${on}: more than ${gain}.`,
      });
    }
    const { completion } = trust;
    if (probe === 'titles' && completion?.finding === 'beats' && shown.some((one) => one.adapter.finding === 'worse')) {
      doubts.push({
        about: 'titles',
        task,
        sentence: `The base model completes more titles of this catalogue than chance would (${figure(completion.right.value)} of them, chance ${figure(completion.chance)}), and with exchanged titles the adapter loses: a part of its ${title} may be memory.`,
      });
    }
  }
  const served = trust.serving?.tasks.find((one) => one.task === task && one.kind === kind);
  if (served && isMore(served.difference.value)) {
    doubts.push({
      about: 'serving',
      task,
      sentence: `Served by stock llama.cpp, the adapter's ${served.title} differs by ${withInterval(served.difference)}, on ${counted(served.rows, 'row')}: more than ${gain}.`,
    });
  }
  return doubts;
}
