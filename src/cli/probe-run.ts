import { exchangeTitles } from '../builders/probe/exchange-titles.js';
import { type Forms, historyForms, orderForms, titleForms, wordingForms } from '../builders/probe/forms.js';
import { type ProbedRow, ProbeGround } from '../builders/probe/ground.js';
import { drawSubsample, type Subsample } from '../builders/probe/subsample.js';
import { seenTemplates, Wordings } from '../builders/probe/wordings.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction, InstructionLine } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { PROBES, type ProbeName, ProbeResult, type ProbeVariant, type VariantAnswer } from '../core/probe.js';
import { MOST_ORDERS } from '../core/probe-budget.js';
import type { ProbeForm } from '../core/probe-form.js';
import { Random } from '../core/random.js';
import type { Run } from '../core/run.js';
import { defaultThreads } from '../platform/cpu.js';
import { exists, listFolder, readJson, remove, sha256, writeSealed } from '../platform/files.js';
import { withLock } from '../platform/lock.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { type AskedModel, askForms, type Told } from '../trainers/ask-forms.js';
import { askServed } from '../trainers/ask-served.js';
import type { Execution } from '../trainers/execute-run.js';
import type { PredictOptions } from '../trainers/predict.js';
import { adapterOf, doneRun, mergedOf, modelOf } from '../trainers/run-files.js';
import { findVersion, sealedSplit } from '../trainers/sealed-split.js';
import { servingEngine } from '../trainers/serve-rows.js';
import { completionLine, completionResult, type TitlesToComplete, titlesToComplete } from './complete-titles.js';
import { type ProbeBudget, probeBudget } from './probe-budget.js';
import { isStable, ownAnswers } from './stable-orders.js';

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

/** A probe's result, and where it is kept. */
export interface ProbeAnswer {
  path: string;
  reused: boolean; // asked before
  result: ProbeResult;
}

/**
 * Asks the models of a run the probes on a subsample of its rows of test; each result is sealed in probes/<run>/ of the studio, one a probe, and not asked for
 * again. A probe that cannot be asked says so in its reason. Asking that is cut short goes on where it was.
 *
 * returns in the order of PROBES
 * throws  RectuneError: usage (no such run, not done, or test was not predicted), data (model or adapter gone or changed), and what native reports
 */
export async function probeRun(store: Store, request: ProbeRequest): Promise<ProbeAnswer[]> {
  const run = await doneRun(store, request.studio, request.run);
  const waiting = (pid: number) => request.onStderr?.(`waiting for process ${pid}, which probes the same run`);
  return withLock(`${studioLayout.probes(request.studio, run.id)}.lock`, waiting, async () => {
    const probing = await Probing.open(store, request, run);
    return probing.answers();
  });
}

type VariantProbe = 'order' | 'wording' | 'history' | 'titles';

const FIRST_ORDERS = 4;
const MORE_ORDERS = 3; // at once, for a model is read each time

/** All that the probes of a run have in common. */
class Probing {
  private constructor(
    readonly store: Store,
    readonly request: ProbeRequest,
    readonly run: Run,
    readonly version: DatasetVersion,
    readonly model: AskedModel,
    readonly ground: ProbeGround | { reason: string },
    readonly wordings: Wordings | undefined,
    readonly sample: Subsample,
    readonly budget: ProbeBudget,
  ) {}

  static async open(store: Store, request: ProbeRequest, run: Run): Promise<Probing> {
    const { studio, options, seed } = request;
    const path = await modelOf(store, studio, run, request.model);
    const adapter = await adapterOf(studio, run);
    const version = findVersion(store, run.versionHash);
    const { maxLength, sharePrefixes, rows } = run.config;
    const { again: _, ...computing } = options;
    const model = { ...computing, model: path, adapter, merged: mergedOf(studio, run), maxLength, sharePrefixes };
    const ground = await ProbeGround.open(store, version, request.recipe);
    const open = ground instanceof ProbeGround ? ground : undefined;
    const train = store.versions.instructions(version.hash, 'train');
    const wordings = open && new Wordings(open.plan.mixture.templates, seenTemplates(version, train, rows));
    const budget = await probeBudget(store, { runId: run.id, version, model }, request.seconds, request);
    const test = store.versions.instructions(version.hash, 'test');
    const sample = drawSubsample(test, open, wordings, seed, budget.bytes);
    return new Probing(store, request, run, version, model, ground, wordings, sample, budget);
  }

  /** Of all probes that are wanted: those of before, and the others asked together, because a model that is read once is read soonest. */
  async answers(): Promise<ProbeAnswer[]> {
    const wanted = PROBES.filter((probe) => this.request.probes.includes(probe));
    const known = new Map<ProbeName, ProbeAnswer>();
    for (const probe of wanted) {
      const path = this.#path(probe);
      if (!exists(path) || this.request.options.again) continue;
      known.set(probe, { path, reused: true, result: parseAs(ProbeResult, readJson(path), path) });
    }
    const asking = wanted.filter((probe) => !known.has(probe));
    for (const result of asking.length > 0 ? await this.#ask(asking) : []) {
      const path = this.#path(result.probe);
      writeSealed(path, `${JSON.stringify(result)}\n`);
      this.#removeOthers(result.probe, path);
      known.set(result.probe, { path, reused: false, result });
    }
    return wanted.map((probe) => known.get(probe) as ProbeAnswer);
  }

  /** Named by the question: all that decides the answer. */
  #path(probe: ProbeName): string {
    const { studio, options, seed } = this.request;
    const { device, precision } = options;
    const question = {
      ...{ probe, ...this.#common(), seed, limit: this.budget.words, reason: this.#reason(probe) },
      wordings: probe === 'wording' ? this.#wordingHashes() : undefined,
      served: probe === 'serving' ? [servingEngine(), this.model.threads ?? defaultThreads()] : undefined,
      rows: probe === 'completion' ? this.sample.formBytes : this.sample.rows[probe],
      ...{ maxLength: this.model.maxLength, device, precision, program: packageVersion() },
    };
    return studioLayout.probe(studio, this.run.id, sha256(JSON.stringify(question)).slice(0, 16));
  }

  #wordingHashes(): unknown {
    const { ground, wordings } = this;
    if (!(ground instanceof ProbeGround) || !wordings) return null;
    return ground.plan.mixture.templates.map((own) =>
      wordings.of(own).map(({ template: { head, hash }, seen }) => [head.id, hash, seen]),
    );
  }

  #common() {
    const { hash: versionHash } = this.version;
    const { id: runId, modelHash, adapterHash } = this.run;
    return { format: 1 as const, versionHash, runId, modelHash, adapterHash: adapterHash as string };
  }

  /** Why nothing is asked; of completion it is known when titles are cut. */
  #reason(probe: ProbeName): string | null {
    if (probe === 'completion') return null;
    if (probe === 'serving') {
      if (this.sample.eligible.serving === 0) return 'no row of test has answers that can be scored';
      if (this.run.config.variant !== 'dora' || this.model.merged !== null) return null;
      return `llama.cpp does not read an adapter with magnitudes, and the merged model is gone: ${studioLayout.merged(this.request.studio, this.run.id)}`;
    }
    if (!(this.ground instanceof ProbeGround)) return this.ground.reason;
    if (this.sample.eligible[probe] > 0) return null;
    return {
      order: 'no row of test shows a list of candidates',
      wording: 'no row of test has answers that can be scored, or there is no other wording of it',
      history: 'no row of test shows a history',
      titles: 'no row of test has answers that can be scored',
    }[probe];
  }

  async #ask(probes: readonly ProbeName[]): Promise<ProbeResult[]> {
    const parts = new Map<VariantProbe, { rows: readonly ProbedRow[]; forms: Forms }>();
    const { ground, request } = this;
    if (ground instanceof ProbeGround) {
      const asking = probes.filter(isVariantProbe).filter((probe) => this.#reason(probe) === null);
      const made = this.#madeAgain(ground, asking);
      for (const probe of asking) {
        const rows = this.sample.rows[probe].flatMap((row) => made.get(row) ?? []);
        parts.set(probe, { rows, forms: this.#formsOf(probe, ground, rows) });
      }
    }
    const own = parts.has('order') ? ownAnswers(this.store, this.run) : new Map();
    const completion = probes.includes('completion') ? this.#titlesToComplete() : undefined;
    const lines = completion?.titles.map(completionLine) ?? [];
    const forms = [...parts.values()].flatMap((part) => part.forms.forms);
    const told = await this.#tell(forms, lines);
    const answers = new Map<VariantProbe, VariantAnswer[]>();
    let at = 0;
    for (const [probe, part] of parts) {
      answers.set(probe, told.answers.slice(at, at + part.forms.forms.length));
      at += part.forms.forms.length;
    }
    const results: unknown[] = [];
    for (const probe of probes) {
      const asked = { probe, ...this.#common(), seed: request.seed };
      if (probe === 'completion' && completion)
        results.push({ ...asked, ...completionResult(completion, told.ofBase) });
      else if (probe === 'serving') results.push({ ...asked, ...(await this.#served()) });
      else if (isVariantProbe(probe)) {
        const part = parts.get(probe);
        const told = answers.get(probe) ?? [];
        const rows = part?.rows ?? [];
        const common = { eligible: this.sample.eligible[probe], budget: this.#inWords(probe, rows.length) };
        const found =
          probe === 'order' && part && ground instanceof ProbeGround
            ? await this.#moreOrders(ground, rows, own, told)
            : { variants: part?.forms.variants ?? [], stable: null, answers: told };
        const numbers = rows.map(({ instruction }) => instruction.row);
        results.push({ ...asked, ...common, reason: this.#reason(probe), rows: numbers, ...found });
      }
    }
    return results.map((result) => ProbeResult.parse(result));
  }

  async #tell(forms: readonly ProbeForm[], lines: readonly InstructionLine[]): Promise<Told> {
    if (forms.length > 0) this.request.onStage(`probe: ${forms.length} forms of rows, base model and adapter`);
    if (lines.length > 0) this.request.onStage(`probe: ${lines.length} titles to complete, base model`);
    return askForms(forms, lines, this.model, this.request);
  }

  #formsOf(probe: VariantProbe, ground: ProbeGround, rows: readonly ProbedRow[]): Forms {
    const { seed } = this.request;
    switch (probe) {
      case 'order':
        return { variants: [], forms: orderForms(ground, rows, seed, { from: 0, to: FIRST_ORDERS }) };
      case 'wording':
        return wordingForms(ground, rows, this.wordings as Wordings);
      case 'history':
        return historyForms(ground, rows, seed);
      case 'titles': {
        const items = [...ground.plan.log.items.values()].filter((item) => ground.plan.texts.has(item));
        const titles = items.map(({ title }) => title);
        return titleForms(ground, rows, exchangeTitles(titles, new Random(seed, 'exchanged titles')));
      }
    }
  }

  /** Asks orders of the candidates until the answer, averaged over them, stays where it is. */
  async #moreOrders(
    ground: ProbeGround,
    rows: readonly ProbedRow[],
    own: ReadonlyMap<number, readonly number[]>,
    first: readonly VariantAnswer[],
  ) {
    const numbers = rows.map(({ instruction }) => instruction.row);
    const answers = [...first];
    let asked = FIRST_ORDERS;
    let stable = isStable(numbers, own, answers, asked);
    while (!stable && asked < MOST_ORDERS) {
      const to = Math.min(asked + MORE_ORDERS, MOST_ORDERS);
      const forms = orderForms(ground, rows, this.request.seed, { from: asked, to });
      if (forms.length === 0) break;
      answers.push(...(await this.#tell(forms, [])).answers);
      asked = to;
      stable = isStable(numbers, own, answers, asked);
    }
    const used = Math.max(0, ...answers.map(({ variant }) => variant + 1));
    const variants = Array.from({ length: used }, (_, i): ProbeVariant => ({ name: `order-${i + 1}`, seen: null }));
    answers.sort((a, b) => a.row - b.row || a.variant - b.variant);
    return { variants, stable, answers };
  }

  /** Rows that can be shown in other forms, those of all probes at once: the examples of a log are gone through. */
  #madeAgain(ground: ProbeGround, probes: readonly VariantProbe[]): Map<number, ProbedRow> {
    const numbers = [...new Set(probes.flatMap((probe) => this.sample.rows[probe]))];
    const { hash } = this.version;
    return ground.rows(numbers.map((row) => this.store.versions.instruction(hash, 'test', row) as Instruction));
  }

  #titlesToComplete(): TitlesToComplete {
    const items = this.store.sources.items(this.version.sourceId).values();
    return titlesToComplete(items, this.request.seed, this.sample.formBytes / 2, this.budget.words); // one model is asked
  }

  async #served() {
    const reason = this.#reason('serving');
    const rows = reason === null ? this.sample.rows.serving : [];
    const threads = this.model.threads ?? defaultThreads();
    const told = { eligible: this.sample.eligible.serving, budget: this.#inWords('serving', rows.length), reason };
    const engine = servingEngine();
    if (rows.length === 0) return { ...told, engine, threads, answers: [] };
    this.request.onStage(`probe: ${rows.length} rows served one at a time by llama.cpp ${engine}`);
    const { merged, maxLength } = this.model;
    const asked = askServed(
      {
        data: await sealedSplit(this.request.studio, this.version, 'test'),
        labels: this.version.labels,
        model: merged ?? this.model.model,
        adapter: merged === null ? this.model.adapter : null,
        ...{ rows, maxLength, threads },
      },
      this.request,
    );
    try {
      const { answers, forget } = await asked;
      forget();
      return { ...told, engine, threads, answers: [...answers] };
    } catch (error) {
      // That a server cannot answer with this adapter is an answer, too; the other probes stand without it.
      if (!(error instanceof RectuneError) || error.kind !== 'data') throw error;
      return { ...told, engine, threads, reason: `llama.cpp does not answer: ${error.message}`, answers: [] };
    }
  }

  #inWords(probe: Exclude<ProbeName, 'completion'>, rows: number): string {
    const { eligible, rows: drawn } = this.sample;
    const left = this.#reason(probe) === null ? drawn[probe].length - rows : 0;
    const changed = left === 0 ? '' : `; ${left} more are left out, because a curation changed their text`;
    return `${rows} of ${eligible[probe]} rows, drawn by seed ${this.request.seed}${changed}; ${this.budget.words}`;
  }

  /** A report shows one result of a probe: the last that was asked for. */
  #removeOthers(probe: ProbeName, path: string): void {
    const folder = studioLayout.probes(this.request.studio, this.run.id);
    for (const name of listFolder(folder).filter((one) => one.endsWith('.json'))) {
      const other = studioLayout.probe(this.request.studio, this.run.id, name.replace(/\.json$/, ''));
      if (other === path) continue;
      const known = ProbeResult.safeParse(readJson(other));
      if (known.success && known.data.probe === probe) remove(other);
    }
  }
}

function isVariantProbe(probe: ProbeName): probe is VariantProbe {
  return probe !== 'completion' && probe !== 'serving';
}
