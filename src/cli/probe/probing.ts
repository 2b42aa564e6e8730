import { ProbeGround } from '../../builders/probe/ground.js';
import { drawSubsample, type RowProbe, type Subsample } from '../../builders/probe/subsample.js';
import { seenTemplates, Wordings } from '../../builders/probe/wordings.js';
import { PROBES, type ProbeName } from '../../core/probe.js';
import { counted, thousands } from '../../eval/numbers.js';
import type { Store } from '../../store/store.js';
import type { AskedModel } from '../../trainers/ask-forms.js';
import { type AskedRun, openAskedRun, whyNotServed } from '../../trainers/asked-run.js';
import type { Execution } from '../../trainers/execute-run.js';
import type { PredictOptions } from '../../trainers/predict.js';
import { budgetOfEvaluation, budgetOfTime, type ProbeBudget, paceOf } from './probe-budget.js';

/** What is to be asked of which run. */
export interface ProbeRequest extends Execution {
  run: string;
  probes: readonly ProbeName[];
  seed: number; // draws the subsample and the forms
  seconds?: number | undefined; // that all probes together may take; without it as many bytes of prompts as the evaluation scored
  model?: string | undefined; // where the base model lies now
  recipe?: string | undefined; // file of the version's recipe, from which templates of one's own are seen
  options: PredictOptions;
  onStage: (line: string) => void;
}

/** What all probes of a run have in common. */
export interface Probing {
  readonly store: Store;
  readonly request: ProbeRequest;
  readonly asked: AskedRun;
  readonly model: AskedModel;
  readonly ground: ProbeGround | { readonly reason: string };
  readonly wordings: Wordings | undefined;
  readonly sample: Subsample;
  readonly budget: ProbeBudget;
}

/**
 * Of probes that may take so many seconds the rows are not drawn in earnest: atMeasuredPace does.
 *
 * throws RectuneError as openAskedRun does
 */
export async function openProbing(store: Store, request: ProbeRequest): Promise<Probing> {
  const { options } = request;
  const asked = await openAskedRun(store, request.studio, request);
  const { run, version, adapter, merged } = asked;
  const { maxLength, sharePrefixes, rows } = run.config;
  const { again: _, ...computing } = options;
  const model = { ...computing, model: asked.model, adapter, merged, maxLength, sharePrefixes };
  const ground = await ProbeGround.open(store, version, request.recipe);
  const open = ground instanceof ProbeGround ? ground : undefined;
  const train = store.versions.facts(version.hash, 'train');
  const wordings = open && new Wordings(open.plan.mixture.templates, seenTemplates(version, train, rows));
  const { seconds } = request;
  const budget = seconds === undefined ? budgetOfEvaluation(store, run.id, version) : budgetOfTime(seconds, 0);
  const common = { store, request, asked, model, ground, wordings };
  return withSample(common, budget);
}

/** Of probes that may take so many seconds: with the rows that fit in, at a pace that is measured now. Others are as they were. */
export async function atMeasuredPace(probing: Probing): Promise<Probing> {
  const { store, request, asked, model } = probing;
  const { seconds, onStage } = request;
  if (seconds === undefined) return probing;
  onStage('probe: how fast the base model scores rows of test');
  const pace = await paceOf(store, asked.version, model, request);
  const measured = withSample(probing, budgetOfTime(seconds, pace));
  const { rows, bytes } = measured.sample;
  const most = Math.max(...Object.values(rows).map((drawn) => drawn.length));
  if (pace > 0)
    onStage(`probe: up to ${counted(most, 'row')} each, about ${Math.ceil(bytes / pace)} s for all that are asked`);
  return measured;
}

function withSample(common: Omit<Probing, 'sample' | 'budget'>, budget: ProbeBudget): Probing {
  const { store, request, asked, ground, wordings } = common;
  const open = ground instanceof ProbeGround ? ground : undefined;
  const test = store.versions.instructions(asked.version.hash, 'test');
  const { seed, seconds } = request;
  // Without a time the same rows are drawn whichever probes are asked, so that answers of different calls are about the same ones.
  const probes = seconds === undefined ? PROBES : request.probes;
  const sample = drawSubsample(test, open, wordings, { seed, probes, bytes: budget.bytes, fewest: budget.fewest });
  return { ...common, sample, budget };
}

/** Why a probe asks nothing; of completion it is known when titles are cut. */
export function whyNotAsked({ request, asked, ground, sample }: Probing, probe: ProbeName): string | null {
  if (probe === 'completion') return null;
  if (probe === 'serving') {
    if (sample.eligible.serving === 0) return NO_ROWS.serving;
    const unserved = whyNotServed(request.studio, asked);
    return unserved ? `${unserved.message}: ${unserved.fix}` : null;
  }
  if (!(ground instanceof ProbeGround)) return ground.reason;
  return sample.eligible[probe] > 0 ? null : NO_ROWS[probe];
}

const NO_ROWS: Readonly<Record<RowProbe, string>> = {
  order: 'no row of test shows a list of candidates',
  wording: 'no row of test has answers that can be scored, or there is no other wording of it',
  history: 'no row of test shows a history',
  titles: 'no row of test has answers that can be scored',
  serving: 'no row of test has answers that can be scored',
};

/** How many rows a probe asks, and what decided it. rows: of those drawn */
export function amountInWords(probing: Probing, probe: RowProbe, rows: number): string {
  const { sample, request, budget } = probing;
  const left = whyNotAsked(probing, probe) === null ? sample.rows[probe].length - rows : 0;
  const changed = left === 0 ? '' : `; ${left} more are left out, because a curation changed their text`;
  return `${thousands(rows)} of ${thousands(sample.eligible[probe])} rows, drawn by seed ${request.seed}${changed}; ${budget.words}`;
}
