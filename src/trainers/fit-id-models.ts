import { join } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import { type ErrorKind, RectuneError } from '../core/errors.js';
import { type FitMetric, FitModel, type NativeFitConfig } from '../core/fit.js';
import {
  FIT_FORMAT,
  FIT_KINDS,
  type FitKind,
  type FitProtocol,
  FitResult,
  type FittedRow,
} from '../core/fit-result.js';
import {
  FIT_EPOCHS,
  FIT_EPOCHS_WITHOUT_VALID,
  FIT_PATIENCE,
  FIT_SEARCH,
  type FitModelName,
  MADE_IN_ONE_PASS,
  settingsOfData,
} from '../core/fit-search.js';
import { parseAs } from '../core/parse.js';
import { PROTOCOL } from '../core/run-config.js';
import { defaultThreads } from '../platform/cpu.js';
import { exists, readJson, remove, sha256, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { withLock } from '../platform/lock.js';
import { runNative } from '../platform/native-program.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { versionLog } from '../store/version-log.js';
import type { Execution } from './execute-run.js';
import { type FitLines, fitLines, fitRow, type ScoredLine } from './fit-data.js';

/** Which models are to stand beside the language model, and what they may learn from. */
export interface FitRequest {
  version: DatasetVersion;
  protocol: FitProtocol;
  /** The few-shot run whose rows of train are learned from; of protocol 'shots' alone. */
  shots?: { runId: string; rows: readonly number[] } | undefined;
  models: readonly FitModelName[];
  seeds: number; // of models that learn; the others have no chance in them
  threads?: number | undefined;
  again: boolean; // fit even what was fitted before
  onResult?: ((result: FitResult, reused: boolean) => void) | undefined; // each as it is there
  onLeftOut?: ((model: FitModelName, error: RectuneError) => void) | undefined; // goes on without a model that the data or the memory does not allow; without it that is an error
}

/**
 * Fits models of users and items with native/ on a dataset version, and scores its rows of valid and test with them. Each model is tuned on valid over its part of the
 * search space, by AUC where rows are judgements, by NDCG@10 where they are lists. Results are kept in fits/ of the studio, one file a model and kind of
 * rows, and not computed again.
 *
 * returns  by model in the order asked for, then by kind
 * throws   RectuneError (usage) when there is no row that scores of items answer, (data) when there is nothing to learn from or the log is another one, and what
 *          runNative throws
 */
export async function fitIdModels(store: Store, request: FitRequest, execution: Execution): Promise<FitResult[]> {
  const { version, protocol } = request;
  const rows = (split: 'train' | 'valid' | 'test') => Array.from(store.versions.facts(version.hash, split), fitRow);
  const shots = request.shots && new Set(request.shots.rows);
  const train = rows('train').filter(({ row }) => shots?.has(row) ?? true);
  const lines = fitLines(
    { train, valid: rows('valid'), test: rows('test') },
    versionLog(store.sources, version),
    protocol === 'full' ? 'train' : 'history',
  );
  const kinds = FIT_KINDS.filter((kind) => lines.rows('test', kind).length > 0);
  if (kinds.length === 0) {
    const fix = 'fit on a version whose test rows are judgements or lists of candidates';
    throw new RectuneError('usage', 'no test row asks for an item', `dataset version ${version.hash}`, fix);
  }
  const results: FitResult[] = [];
  for (const model of request.models) {
    try {
      for (const kind of kinds) results.push(await fitOne(request, model, kind, lines, execution));
    } catch (error) {
      if (!request.onLeftOut || !(error instanceof RectuneError) || !LEFT_OUT.includes(error.kind)) throw error;
      request.onLeftOut(model, error);
    }
  }
  return results;
}

/** What leaves one model out, and not all. */
const LEFT_OUT: readonly ErrorKind[] = ['data', 'memory'];

async function fitOne(
  request: FitRequest,
  model: FitModelName,
  kind: FitKind,
  lines: FitLines,
  execution: Execution,
): Promise<FitResult> {
  const { version, protocol, shots, again } = request;
  const seeds = MADE_IN_ONE_PASS.includes(model) ? 1 : request.seeds;
  const hasDislikes = lines.interactions.some(({ liked }) => liked.includes(false));
  const ofData = settingsOfData(model, { items: lines.items, hasDislikes });
  const question = {
    ...{ version: version.hash, protocol, shots: shots?.rows, model, kind, seeds },
    search: FIT_SEARCH[model].map((settings) => withDefaults(model, { ...ofData, ...settings }).settings),
    program: packageVersion(),
    format: FIT_FORMAT,
  };
  const path = studioLayout.fit(execution.studio, version.hash, sha256(JSON.stringify(question)).slice(0, 16));
  const kept = () => (exists(path) && !again ? parseAs(FitResult, readJson(path), path) : undefined);
  const waiting = (pid: number) => execution.onStderr?.(`waiting for process ${pid}, which fits the same model`);
  return withLock(`${path}.lock`, waiting, async () => {
    const known = kept();
    if (known) {
      request.onResult?.(known, true);
      return known;
    }
    const work = new FitWork(`${path}.work`, lines, kind, request.threads, execution);
    try {
      const result = await work.result(model, ofData, seeds);
      const whole = {
        ...{ format: FIT_FORMAT, versionHash: version.hash, protocol, kind, model },
        runId: shots?.runId ?? null,
        rows: shots ? [...shots.rows] : null,
        ...result,
      };
      const sealed = FitResult.parse(whole);
      writeSealed(path, `${JSON.stringify(sealed)}\n`);
      request.onResult?.(sealed, false);
      return sealed;
    } finally {
      work.close();
    }
  });
}

function withDefaults(model: FitModelName, settings: Readonly<Record<string, unknown>>): FitModel {
  return FitModel.parse({ model, settings });
}

type Fitted = FitResult['seeds'][number];

/** The files of one model on one kind of rows, and its fits, one process each. */
class FitWork {
  readonly #paths: { interactions: string; valid: string; rows: string };
  readonly #valid: readonly ScoredLine[];
  readonly #test: readonly ScoredLine[];
  readonly #metric: FitMetric;
  readonly #isValidated: boolean;

  constructor(
    readonly folder: string,
    readonly lines: FitLines,
    kind: FitKind,
    readonly threads: number | undefined,
    readonly execution: Execution,
  ) {
    const path = (name: string) => join(folder, `${name}.jsonl`);
    this.#paths = { interactions: path('interactions'), valid: path('valid'), rows: path('rows') };
    [this.#valid, this.#test] = [lines.rows('valid', kind), lines.rows('test', kind)];
    this.#metric = kind === 'judgement' ? 'auc' : 'ndcg@10';
    const labels = new Set(this.#valid.map(({ relevant }) => relevant.length));
    this.#isValidated = kind === 'judgement' ? labels.size === 2 : labels.size > 0; // AUC wants both labels
    writeSealed(this.#paths.interactions, toJsonLines(lines.interactions));
    if (this.#isValidated) writeSealed(this.#paths.valid, toJsonLines(this.#valid));
    const all = [...this.#valid, ...this.#test].map((line, row) => ({ ...line, row, relevant: null })); // what is right is not the model's business
    writeSealed(this.#paths.rows, toJsonLines(all));
  }

  async result(
    model: FitModelName,
    ofData: ReturnType<typeof settingsOfData>,
    seeds: number,
  ): Promise<Pick<FitResult, 'metric' | 'interactions' | 'trials' | 'chosen' | 'seeds'>> {
    const space = this.#isValidated ? FIT_SEARCH[model] : FIT_SEARCH[model].slice(0, 1);
    const trials: { settings: Record<string, unknown>; value: number | null }[] = [];
    let chosen: { place: number; config: FitModel; fitted: Fitted } | undefined;
    for (const [place, settings] of space.entries()) {
      const config = withDefaults(model, { ...ofData, ...settings });
      const fitted = await this.#fit(config, 1);
      trials.push({ settings: config.settings, value: fitted.value });
      if (!chosen || (fitted.value ?? 0) > (chosen.fitted.value ?? 0)) chosen = { place, config, fitted };
    }
    if (!chosen) throw new Error(`the search space of ${model} is empty`);
    const fits = [chosen.fitted];
    for (let seed = 2; seed <= seeds; seed++) fits.push(await this.#fit(chosen.config, seed));
    const interactions = this.lines.interactions.reduce((sum, { items }) => sum + items.length, 0);
    return { metric: this.#metric, interactions, trials, chosen: chosen.place, seeds: fits };
  }

  async #fit({ model, settings }: FitModel, seed: number): Promise<Fitted> {
    const { signal, onStderr, onEvent } = this.execution;
    const learning = {
      epochs: this.#isValidated ? FIT_EPOCHS : FIT_EPOCHS_WITHOUT_VALID,
      evaluateEvery: 1,
      patience: this.#isValidated ? FIT_PATIENCE : null,
      state: null, // a fit takes seconds to minutes, and begins again
      stateEvery: 0,
      resume: false,
    };
    const config: NativeFitConfig = {
      protocol: PROTOCOL,
      model,
      settings,
      interactions: this.#paths.interactions,
      items: this.lines.items,
      rows: this.#paths.rows,
      validation: this.#isValidated ? { rows: this.#paths.valid, metric: this.#metric } : null,
      learning: MADE_IN_ONE_PASS.includes(model) ? null : learning,
      seed,
      threads: this.threads ?? defaultThreads(),
    };
    const scores: number[][] = [];
    let made = { epochs: 0, value: null as number | null };
    for await (const event of runNative('fit', config, { signal, onStderr })) {
      if (event.event === 'scores') scores[event.row] = event.scores;
      if (event.event === 'fitted') made = { epochs: event.epochs, value: event.value };
      onEvent?.(event);
    }
    const scored = (lines: readonly ScoredLine[], first: number): FittedRow[] =>
      lines.map(({ row, candidates, relevant }, i) => {
        const own = scores[first + i];
        if (own?.length !== candidates.length) throw new Error(`native told no scores of row ${row}`);
        return { row, scores: own, relevant: relevant.map((item) => candidates.indexOf(item)) };
      });
    return { seed, ...made, valid: scored(this.#valid, 0), test: scored(this.#test, this.#valid.length) };
  }

  close(): void {
    remove(this.folder);
  }
}
