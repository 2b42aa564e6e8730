import { FIT_KINDS, FIT_PROTOCOLS, type FitKind, type FitProtocol } from '../../../core/fit-result.js';
import { FIT_MODELS, MADE_IN_ONE_PASS } from '../../../core/fit-search.js';
import {
  type IdModelId,
  type IdModelStanding,
  idModel,
  protocolOf,
  type ReportedFit,
} from '../../../core/id-models.js';
import { titlesOf } from '../../../core/model-titles.js';
import type { Report } from '../../../core/report.js';
import { METRIC } from '../../metrics/metric.js';
import { counted, figure, thousands } from '../../numbers.js';
import { metricTitle } from '../../tasks/task-metric.js';
import { taskTitle } from '../../tasks/task-verdict.js';
import type { Block, Part, Table } from '../block.js';
import { modelColor } from '../plots/model-colors.js';
import { type Behind, rowsAnchor } from '../row-anchor.js';

/** How the ID models were tuned, how far they move with the seed, and how to get those that are not there. */
export function idModels(report: Report): Part[] {
  const { splits, tasks } = report;
  if (splits.length === 0 && tasks.every(({ kind }) => kind !== 'choice')) return []; // no row that scores of items answer
  const { fits } = report.idModels;
  const blocks = fits.length === 0 ? [nothingFitted(report)] : [...told(report), ...missing(report)];
  return [{ title: 'Models of users and items', id: 'id-models', blocks }];
}

const KIND_TITLES: Readonly<Record<FitKind, string>> = { judgement: 'judgements', choice: 'lists of candidates' };

const TUNED_BY = { auc: 'AUC', 'ndcg@10': 'NDCG@10', 'mrr@10': 'MRR@10', 'hit@10': 'HR@10' } as const;

function nothingFitted(report: Report): Block {
  const commands = FIT_PROTOCOLS.filter((protocol) => protocol === 'full' || isFewShot(report));
  return {
    kind: 'paragraph',
    text:
      'No model of users and items was fitted on these rows (popularity, neighbours, EASE, BPR, GRU4Rec, SASRec, Caser, DIN), so nothing here says whether the adapter beats a ' +
      `recommender that reads no text. To get them: ${commands.map((protocol) => fitCommand(report, protocol)).join(', ')}, then rectune report ${report.run.id}.`,
  };
}

function told(report: Report): Block[] {
  const titles = titlesOf(report);
  const { fits } = report.idModels;
  const standings: { task: string; metric: string; of: IdModelStanding; behind: Behind }[] = [
    ...(report.splits.length === 0
      ? []
      : [
          {
            ...{ task: 'judgement', metric: METRIC.auc.title, of: report.idModels },
            behind: { task: 'judgement', split: 'test' } as const,
          },
        ]),
    ...report.tasks.map((task) => ({
      task: taskTitle(task),
      metric: metricTitle(task.main, task.list),
      of: task.idModels,
      behind: { task: task.task, kind: task.kind, split: 'test' } as const,
    })),
  ];
  const chosen = standings.flatMap(({ task, of }) =>
    of.best.map(({ model, chosenBy }) => `${standings.length > 1 ? `${task}: ` : ''}"${titles(model)}". ${chosenBy}`),
  );
  return [
    { kind: 'paragraph', text: `${NOTE}${isFewShot(report) ? ` ${SHOTS_NOTE}` : ''}` },
    ...(chosen.length === 0
      ? []
      : [{ kind: 'paragraph', text: `In the sentences at the top stand: ${chosen.join(' ')}` } satisfies Block]),
    ...FIT_KINDS.flatMap((kind): Block[] => {
      const own = fits.filter((fit) => fit.kind === kind);
      return own.length === 0 ? [] : [{ kind: 'table', table: tuning(kind, own, report) }];
    }),
    ...standings.flatMap(({ task, metric, of, behind }): Block[] =>
      of.spread.length === 0 ? [] : [{ kind: 'table', table: spread(`${task}: ${metric}`, of, report, behind) }],
    ),
    { kind: 'paragraph', quiet: true, text: SEEDS_NOTE },
  ];
}

const NOTE =
  'Models that know users and items by their numbers alone (ID models), on the same rows and candidates, read no text. Those of "all of train" learned from every interaction that rows of train hold: ' +
  'the fair comparison for whoever has that log. Each was tuned on valid alone, over as many settings as the others.';

const SHOTS_NOTE =
  'Those of "the run\'s rows" learned from the few rows that the run saw, as TALLRec compared: a comparison of learning from few examples, not of what a recommender can do.';

const SEEDS_NOTE =
  'The tables of figures hold what a model says under its first seed, paired row by row with the adapter; intervals are about other users. The spread over the seeds is about chance in fitting: ' +
  'neither holds what the other does. Models without a spread have no chance in them.';

function tuning(kind: FitKind, fits: readonly ReportedFit[], report: Report): Table {
  const titles = titlesOf(report);
  const lists = report.tasks.filter((task) => task.kind === 'choice');
  const [tuned] = kind === 'judgement' ? [{ task: 'judgement' }] : lists.length === 1 ? lists : []; // several were tuned on together, and no group of rows holds them all
  const behind = tuned && rowsAnchor(report, { task: tuned.task, split: 'valid' });
  const [first] = fits;
  const metric = first ? TUNED_BY[first.metric] : '';
  return {
    caption: `ID models on ${KIND_TITLES[kind]}: learned from, tuned on valid by ${metric}`,
    head: ['model', 'interactions', 'settings tried', 'chosen', `${metric} on valid`, 'epochs'],
    rows: fits.map(({ model, interactions, trials, chosen, seeds }) => ({
      name: titles(model),
      color: modelColor(model),
      cells: [
        thousands(interactions),
        String(trials.length),
        settingsText(trials[chosen]?.settings ?? {}, trials),
        { value: figure(trials[chosen]?.value ?? null), rows: behind },
        isMadeInOnePass(model) ? '-' : seeds.map(({ epochs }) => epochs).join(', '),
      ],
    })),
  };
}

function isMadeInOnePass(model: IdModelId): boolean {
  return MADE_IN_ONE_PASS.some((name) => idModel(name, protocolOf(model)) === model);
}

/** Settings that were tried at several values, and a softmax that was not over all items; what else was never changed stands in report.json. */
function settingsText(settings: Readonly<Record<string, unknown>>, trials: ReportedFit['trials']): string {
  const written = (value: unknown) => JSON.stringify(value);
  const tried = Object.entries(settings).filter(
    ([name]) => new Set(trials.map((trial) => written(trial.settings[name]))).size > 1,
  );
  const sampled = Number(settings.sampledItems ?? 0);
  const parts = [
    ...tried.map(([name, value]) => `${name} ${written(value)}`),
    ...(sampled > 0 ? [`softmax sampled, ${counted(sampled, 'item')} a batch`] : []),
  ];
  return parts.join(', ') || '-';
}

/** of  task and metric */
function spread(of: string, { spread: all }: IdModelStanding, report: Report, behind: Behind): Table {
  const titles = titlesOf(report);
  return {
    caption: `${of} on test of the ID models over their seeds`,
    head: ['model', 'seeds', 'mean', 'standard deviation', 'least', 'most'],
    rows: all.map(({ model, values, mean, deviation }) => {
      const defined = values.filter((value) => value !== null);
      const several = values.length > 1;
      const rows = rowsAnchor(report, several ? { ...behind, seedsOf: model } : behind);
      const cell = (value: number | null) => ({ value: figure(value), rows });
      const ends = [Math.min(...defined), Math.max(...defined)].map(cell);
      return {
        name: titles(model),
        color: modelColor(model),
        cells: [
          String(values.length),
          cell(mean),
          deviation === null ? '-' : cell(deviation),
          ...(several && defined.length > 0 ? ends : ['-', '-']),
        ],
      };
    }),
  };
}

/** What this run could have beside it and has not: protocols, and models of those that were fitted. */
function missing(report: Report): Block[] {
  const titles = titlesOf(report);
  const there = new Set(report.idModels.fits.map(({ model }) => model));
  return FIT_PROTOCOLS.filter((protocol) => protocol === 'full' || isFewShot(report)).flatMap((protocol): Block[] => {
    const lacking = FIT_MODELS.filter((model) => !there.has(idModel(model, protocol)));
    if (lacking.length === 0) return [];
    const from = protocol === 'full' ? 'all of train' : `the run's own ${counted(report.run.settings.rows, 'row')}`;
    const command = fitCommand(report, protocol);
    if (lacking.length === FIT_MODELS.length) {
      return [{ kind: 'paragraph', text: `None was fitted on ${from}: ${command}.` }];
    }
    const names = lacking.map((model) => titles(idModel(model, protocol))).join(', ');
    const text = `Not fitted: ${names}. ${command} --models ${lacking.join(',')} fits them, or says why that cannot be.`;
    return [{ kind: 'paragraph', quiet: true, text }];
  });
}

function isFewShot({ run, version }: Report): boolean {
  return run.settings.rows < version.counts.train;
}

function fitCommand({ run }: Report, protocol: FitProtocol): string {
  return `rectune fit ${run.id}${protocol === 'full' ? '' : ' --protocol shots'}`;
}
