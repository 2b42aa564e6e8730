import type { Split } from '../../core/instruction.js';
import { inWords } from '../../core/prediction.js';
import { MODEL_TITLES, type Report, type Stage } from '../../core/report.js';
import { counted, figure, percent, thousands } from '../numbers.js';
import type { Fact } from './block.js';

const NAMED_ROWS = 10;
const INTERVALS = { percentile: 'percentile', bca: 'bias-corrected and accelerated (BCa)' } as const;

/** Which baseline the sentences at the top are about, and who chose it. */
export function baselineNote({ baseline, overview }: Pick<Report, 'baseline' | 'overview'>): string {
  if (overview === null) return `The first sentence is about the best trivial baseline. ${baseline?.chosenBy ?? ''}`;
  const judged = baseline === null ? '' : ` Of the judgements: ${baseline.chosenBy}`;
  return (
    'The first sentence of a task is about its best trivial baseline, where there is one, and else about the base model; the part of each task says how the ' +
    `baseline was chosen.${judged}`
  );
}

/** Rows, users and likes of each split, as table cells: split, rows, users, liked. */
export function splitCounts({ version }: Report): string[][] {
  const { counts } = version;
  return (['train', 'valid', 'test'] as const).map((split) => [
    split,
    thousands(counts[split]),
    thousands(counts.users[split]),
    likedShare(version, split),
  ]);
}

/** Of the judgements: other rows have no label. */
function likedShare({ labels, counts, templates }: Report['version'], split: Split): string {
  const judgements = templates.reduce(
    (sum, { task, rows }) => sum + (task === 'judgement' ? (rows?.[split] ?? 0) : 0),
    0,
  );
  const rows = labels === null ? judgements : counts[split];
  if (rows === 0) return '-';
  const share = percent(counts.liked[split] / rows);
  return labels === null ? `${share} of ${counted(rows, 'judgement')}` : share;
}

/** What the build counted and let pass; none where the version recorded nothing. */
export function datasetFacts({ version: { checks } }: Report): Fact[] {
  if (!checks) return [];
  const { leftOut, twinPrompts } = checks;
  return [
    ['interactions left out: rating 0', thousands(leftOut.zeroRatings)],
    ['interactions left out: no title', thousands(leftOut.missingTitles)],
    ['valid rows whose prompt train holds too', thousands(twinPrompts.valid)],
    ['test rows whose prompt an earlier split holds too', thousands(twinPrompts.test)],
  ];
}

/** How the scores were made, and how far they can stray from what a server of the model file would give. */
export function servingFacts({ serving, version, tasks, trust, run }: Report): Fact[] {
  const splits = [...new Set(serving.predictions.map(({ split }) => split))];
  const { parity, truncatedTrainRows, largestChange, predictions } = serving;
  return [
    [
      'parity with llama.cpp',
      parity
        ? `largest difference of a logit ${small(parity.maxDifference)} (tolerance ${small(parity.tolerance)}) on ` +
          `${counted(parity.rows, 'row')}, F32 copy of ${counted(parity.blocks, 'block')}`
        : 'not recorded',
    ],
    [
      'serving gap',
      trust.serving
        ? trust.serving.tasks
            .map(
              ({ task, largest, rows, unit }) => `${task}: up to ${figure(largest)} ${unit} on ${counted(rows, 'row')}`,
            )
            .join('; ')
        : `stock llama.cpp was not asked (rectune probe ${run.id} --only serving)`,
    ],
    [
      'train rows cut to the length limit',
      truncatedTrainRows === null ? 'not recorded' : thousands(truncatedTrainRows),
    ],
    ...predictions
      .filter(({ model }) => model === 'adapter') // the base model was asked under the same limit
      .map(({ split, truncatedRows }): Fact => [`${split} rows cut to the length limit`, cutRows(truncatedRows)]),
    ...predictions.map(
      ({ model, split, labelMass }): Fact => [
        `label mass, ${MODEL_TITLES[model]}, ${split}`,
        `${percent(labelMass)} of the probability is on ${version.labels === null ? 'the answers that a row could have had, mean over all rows' : 'the two label tokens'}`,
      ],
    ),
    [
      'largest change by the adapter',
      largestChange === null
        ? 'not defined'
        : `${figure(largestChange)} in ${tasks.length === 0 ? 'log-odds' : 'the log-likelihood of an answer'} over the rows of ${splits.join(' and ')}`,
    ],
  ];
}

/** Settings, seeds, hashes and versions. */
export function provenanceFacts(report: Report): Fact[] {
  const { run, version, training, options, program, serving } = report;
  const { settings } = run;
  const length = settings.steps === null ? counted(settings.epochs ?? 0, 'epoch') : counted(settings.steps, 'step');
  return [
    ['run', `${run.id} (${run.status}, started ${run.startedAt})`],
    ['base model', `${run.modelFile}${training.architecture ? `, ${training.architecture}` : ''}`],
    ['learned from', `${counted(settings.rows, 'train row')}, ${length}, ${counted(settings.batchSize, 'row')} a step`],
    [
      'adapter',
      `${kindOfAdapter(settings)}rank ${settings.rank}, alpha ${settings.alpha}, on ${settings.targets.join(', ')}${settings.layers === 'all' ? '' : ` of the layers ${settings.layers}`}`,
    ],
    [
      'learning rate',
      `${settings.learningRate}, ${settings.schedule}, ${counted(settings.warmupSteps, 'warm-up step')}`,
    ],
    ...run.stages.map((stage, index): Fact => [`stage ${index + 1} of the adapter`, earlierStage(stage)]),
    ['other settings', otherSettings(settings)],
    ['seeds', `training ${settings.seed}, bootstrap ${options.bootstrapSeed}`],
    ['intervals', `${thousands(options.resamples)} resamples of users, ${INTERVALS[options.interval]}`],
    ['run config', run.configHash],
    ['model file', run.modelHash],
    ['adapter file', run.adapterHash],
    ['dataset version', `${version.name} ${version.hash}`],
    ['recipe hash', version.recipeHash],
    ['log', `${version.sourceId} ${version.sourceHash}`],
    ...version.templates.map(
      ({ id, version: number, hash }): Fact => ['template', `${id}, version ${number}, ${hash}`],
    ),
    ...(['train', 'valid', 'test'] as const).map((split): Fact => [`${split}.jsonl`, version.files[split]]),
    ...serving.predictions.map(
      ({ model, split, set, ...how }): Fact => [
        `predictions, ${MODEL_TITLES[model]}, ${split}`,
        `${set}, computed ${inWords(how)}`,
      ],
    ),
    ['programs', programs({ version, training, program })],
    ['trained on', place(training)],
    ['training took', cost(training)],
    ...validationFact(report),
  ];
}

/** How the run was watched on valid, and which step its adapter is of. */
function validationFact({ validation }: Report): Fact[] {
  if (validation === null) return [['AUC on valid while training', 'not evaluated']];
  const { rows, users, every, seconds, keptStep, lastStep, stoppedEarly } = validation;
  const evaluated = `${counted(rows, 'row')} of ${counted(users, 'user')}, every ${every === null ? '?' : counted(every, 'step')}, ${seconds.toFixed(1)} s in all`;
  const kept =
    keptStep === null ? 'not recorded' : `step ${keptStep}${keptStep === lastStep ? ', the last' : ', the best'}`;
  return [
    ['AUC on valid while training', evaluated],
    ['adapter of', stoppedEarly ? `${kept}; stopped early after step ${lastStep}` : kept],
  ];
}

function objective({ objective: kind, loss }: Report['run']['settings']): string {
  if (kind === 'label-softmax') return 'loss of the label among the labels';
  if (kind === 'pairwise') return 'pairwise loss of liked rows against the others';
  return `loss on ${loss === 'all' ? 'all tokens' : 'the answer'}`;
}

/** What an adapter is beside a plain LoRA. */
function kindOfAdapter({ variant, scaling, init, loraPlusRatio }: Report['run']['settings']): string {
  const parts = [
    ...(variant === 'dora' ? ['DoRA'] : []),
    ...(scaling === 'rslora' ? ['rsLoRA'] : []),
    ...(init === 'pissa' ? ['PiSSA'] : []),
    ...(loraPlusRatio === 1 ? [] : [`LoRA+ ${loraPlusRatio}`]),
  ];
  return parts.map((part) => `${part}, `).join('');
}

function earlierStage({ run, version, adapterHash }: Stage): string {
  return `${run === null ? 'an adapter from elsewhere' : `run ${run}`}${version === null ? '' : `, on ${version}`}, adapter ${adapterHash}`;
}

function otherSettings(settings: Report['run']['settings']): string {
  return [
    `dropout ${settings.dropout}`,
    `weight decay ${settings.weightDecay}`,
    settings.maxGradientNorm === 0 ? 'no gradient clipping' : `gradients clipped to ${settings.maxGradientNorm}`,
    objective(settings),
    settings.shuffle ? 'rows shuffled each epoch' : 'rows in order',
    settings.maxLength === 0 ? 'no length limit' : `at most ${counted(settings.maxLength, 'token')} a row`,
    ...(settings.startAdapter === null ? [] : [`continued from ${settings.startAdapter}`]),
  ].join(', ');
}

function programs({ version, training, program }: Pick<Report, 'version' | 'training' | 'program'>): string {
  return [
    `report by rectune ${program}`,
    `data by rectune ${version.program}`,
    ...(training.native ? [`trainer ${training.native}`] : []),
    ...(training.ggml ? [`ggml ${training.ggml}`] : []),
    ...(training.kernel ? [`kernels ${training.kernel}`] : []),
  ].join(', ');
}

/** Where and in what numbers: what was chosen, which "auto" does not tell. */
function place({ device, precision }: Report['training']): string {
  if (device === null || precision === null) return 'not recorded';
  return `${device === 'cpu' ? 'the CPU' : device}, frozen weights in ${precision}`;
}

function cost({ seconds, peakMemory, parameters, adapterParameters }: Report['training']): string {
  const known = [
    ...(seconds === null ? [] : [`${seconds.toFixed(1)} s`]),
    ...(peakMemory === null ? [] : [`${(peakMemory / 2 ** 20).toFixed(0)} MiB at its peak`]),
    ...(parameters === null ? [] : [`${counted(parameters, 'parameter')} in the base model`]),
    ...(adapterParameters === null ? [] : [`${thousands(adapterParameters)} in the adapter`]),
  ];
  return known.length === 0 ? 'not recorded' : known.join(', ');
}

/** How many, and the first few by number; report.json has them all. */
function cutRows(rows: readonly number[]): string {
  if (rows.length === 0) return '0';
  const named = rows.slice(0, NAMED_ROWS).join(', ');
  return `${thousands(rows.length)} (rows ${named}${rows.length > NAMED_ROWS ? ', ...' : ''})`;
}

/** Two digits of a value that may be very small. */
function small(value: number): string {
  return String(Number(value.toPrecision(2)));
}
