import { ProbeGround } from '../../builders/probe/ground.js';
import { PROBES, type ProbeName, ProbeResult } from '../../core/probe.js';
import { defaultThreads } from '../../platform/cpu.js';
import { exists, listFolder, readJson, remove, sha256, writeSealed } from '../../platform/files.js';
import { withLock } from '../../platform/lock.js';
import { packageVersion } from '../../platform/package-version.js';
import { studioLayout } from '../../platform/studio.js';
import type { Store } from '../../store/store.js';
import { type KeptAnswer, readAnswers } from '../../trainers/asked-run.js';
import { servingEngine } from '../../trainers/serve-rows.js';
import { askServing } from './ask-serving.js';
import { askVariants, examplesAgain, isVariantProbe } from './ask-variants.js';
import { completionLine, completionResult, type TitlesToComplete, titlesToComplete } from './complete-titles.js';
import { atMeasuredPace, openProbing, type ProbeRequest, type Probing, whyNotAsked } from './probing.js';

/** A probe's result, and where it is kept. */
export type ProbeAnswer = KeptAnswer<ProbeResult>;

/**
 * Asks the models of a run the probes on a subsample of its rows of test; each result is sealed in probes/<run>/ of the studio, one a probe, and not asked for
 * again. A probe that cannot be asked says so in its reason. Asking that is cut short goes on where it was.
 *
 * returns in the order of PROBES
 * throws  RectuneError: usage (no such run, not done, or test was not predicted), data (model or adapter gone or changed), and what native reports
 */
export async function probeRun(store: Store, request: ProbeRequest): Promise<ProbeAnswer[]> {
  const { id } = store.runs.get(request.run);
  const waiting = (pid: number) => request.onStderr?.(`waiting for process ${pid}, which probes the same run`);
  return withLock(`${studioLayout.probes(request.studio, id)}.lock`, waiting, async () =>
    answersTo(await openProbing(store, request)),
  );
}

/** Of all probes that are wanted: those of before, and the others asked together. */
async function answersTo(probing: Probing): Promise<ProbeAnswer[]> {
  const { probes, options } = probing.request;
  const wanted = PROBES.filter((probe) => probes.includes(probe));
  const known = new Map<ProbeName, ProbeAnswer>();
  for (const probe of wanted) {
    const path = pathOf(probing, probe);
    if (!exists(path) || options.again) continue;
    const result = withExamples(probing, path, readAnswers(path, ProbeResult));
    known.set(probe, { path, reused: true, result });
  }
  const asking = wanted.filter((probe) => !known.has(probe));
  for (const result of asking.length > 0 ? await ask(await atMeasuredPace(probing), asking) : []) {
    const path = pathOf(probing, result.probe);
    writeSealed(path, `${JSON.stringify(result)}\n`);
    removeOthers(probing, result.probe, path);
    known.set(result.probe, { path, reused: false, result });
  }
  return wanted.map((probe) => known.get(probe) as ProbeAnswer);
}

async function ask(probing: Probing, probes: readonly ProbeName[]): Promise<ProbeResult[]> {
  const { request, asked } = probing;
  const completion = probes.includes('completion') ? toComplete(probing) : undefined;
  const lines = completion?.titles.map(completionLine) ?? [];
  const variants = await askVariants(probing, probes.filter(isVariantProbe), lines);
  const results: ProbeResult[] = [];
  for (const probe of probes) {
    const told = isVariantProbe(probe)
      ? await variants.resultOf(probe)
      : probe === 'serving'
        ? await askServing(probing)
        : completionResult(completion as TitlesToComplete, variants.ofBase);
    results.push(ProbeResult.parse({ probe, ...asked.facts, seed: request.seed, ...told }));
  }
  return results;
}

function toComplete({ store, asked, request, sample, budget }: Probing): TitlesToComplete {
  const items = store.sources.items(asked.version.sourceId).values();
  return titlesToComplete(items, request.seed, sample.formBytes / 2, budget); // one model is asked
}

/** Answers that an earlier release kept, with the texts that it did not keep, where these are the same today. */
function withExamples(probing: Probing, path: string, result: ProbeResult): ProbeResult {
  if (!('variants' in result) || result.examples !== undefined) return result;
  const examples = examplesAgain(probing, result);
  if (examples === undefined) return result;
  const told = { ...result, examples };
  writeSealed(path, `${JSON.stringify(told)}\n`);
  return told;
}

/** Named by the question: all that decides the answer. */
function pathOf(probing: Probing, probe: ProbeName): string {
  const { request, asked, model, budget } = probing;
  const { device, precision } = request.options;
  const question = {
    ...{ probe, ...asked.facts, seed: request.seed, limit: budget.words, reason: whyNotAsked(probing, probe) },
    wordings: probe === 'wording' ? wordingHashes(probing) : undefined,
    served: probe === 'serving' ? [servingEngine(), model.threads ?? defaultThreads()] : undefined,
    rows: request.seconds === undefined ? rowsOf(probing, probe) : null, // no two measured paces are the same
    ...{ maxLength: model.maxLength, device, precision, program: packageVersion() },
  };
  return studioLayout.probe(request.studio, asked.run.id, sha256(JSON.stringify(question)).slice(0, 16));
}

function rowsOf({ sample }: Probing, probe: ProbeName): unknown {
  return probe === 'completion' ? sample.formBytes : sample.rows[probe];
}

function wordingHashes({ ground, wordings }: Probing): unknown {
  if (!(ground instanceof ProbeGround) || !wordings) return null;
  return ground.plan.mixture.templates.map((own) =>
    wordings.of(own).map(({ template: { head, hash }, seen }) => [head.id, hash, seen]),
  );
}

/** A report shows one result of a probe: the last that was asked for. */
function removeOthers({ request, asked }: Probing, probe: ProbeName, path: string): void {
  const folder = studioLayout.probes(request.studio, asked.run.id);
  for (const name of listFolder(folder).filter((one) => one.endsWith('.json'))) {
    const other = studioLayout.probe(request.studio, asked.run.id, name.replace(/\.json$/, ''));
    if (other === path) continue;
    const known = ProbeResult.safeParse(readJson(other));
    if (known.success && known.data.probe === probe) remove(other);
  }
}
