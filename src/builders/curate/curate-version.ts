import { z } from 'zod';
import type { Curation, StepRecord } from '../../core/curation/record.js';
import type { CurationStep } from '../../core/curation/steps.js';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { SPLITS, type Split } from '../../core/instruction.js';
import { type MadeRow, madeRows } from '../../core/made-row.js';
import { LabelWeights } from '../../core/recipe.js';
import { rememberedSha256 } from '../../platform/file-hashes.js';
import { keyedHash, sha256File } from '../../platform/files.js';
import { studioLayout } from '../../platform/studio.js';
import type { Store } from '../../store/store.js';
import { TwinPrompts } from '../leaks/twin-prompts.js';
import { type SealedVersion, type SealOptions, sealVersion, type UnsealedVersion } from '../seal-version.js';
import { type CountTokens, countRows, countsTokens } from './counted-tokens.js';
import { judged } from './judges.js';
import { Stage } from './stage.js';

export interface CurateOptions extends SealOptions {
  readonly countTokens?: CountTokens; // what steps count them with
  readonly name?: string | undefined; // of the new version; that of the parent with "-curated" behind it without
}

/**
 * Makes a new version from a sealed one: steps one after the other, each on what the one before left. Rows keep their lines of the log and the
 * row that they were in the parent. The same parent, steps and name give the same bytes.
 *
 * throws  RectuneError 'usage' for steps that do not fit the version, 'data' when a split would be empty or the log is not the one it was
 */
export async function curateVersion(
  store: Store,
  parent: DatasetVersion,
  steps: readonly CurationStep[],
  options: CurateOptions,
): Promise<SealedVersion> {
  const stage = new Stage(store, parent, options.studio);
  try {
    return await curateStage(store, parent, steps, stage, options);
  } finally {
    stage.log.close();
  }
}

async function curateStage(
  store: Store,
  parent: DatasetVersion,
  steps: readonly CurationStep[],
  stage: Stage,
  options: CurateOptions,
): Promise<SealedVersion> {
  const records: StepRecord[] = [];
  for (const step of steps) {
    const settings = await settingsOf(step, parent, stage, options.studio);
    if (countsTokens(step)) {
      for (const split of step.splits)
        stage.keepCounted(split, await countRows(step, parent, stage.rows(split), options.countTokens));
    }
    const record = { settings, ...carryOut(step, stage) };
    records.push(record);
    const [removed, changed] = [record.removed, record.changed].map((rows) =>
      SPLITS.map((split) => rows[split]).join(', '),
    );
    options.onProgress?.(`${step.kind}: ${removed} rows removed, ${changed} changed (${SPLITS.join(', ')})`);
  }
  const curation = { parent: parent.hash, steps: records, warnings: warningsOf(records) };
  refuseEmptySplits(parent, stage, curation);
  const counted = new CountedRows();
  const content = {
    rows: counted.passing(renumbered(stage)),
    labels: parent.labels,
    weights: weightsOf(parent),
    facts: () => factsOf(parent, curation, counted, options.name),
  };
  return sealVersion(store, content, options);
}

function refuseEmptySplits(parent: DatasetVersion, stage: Stage, { steps }: Curation): void {
  for (const split of SPLITS) {
    if (stage.left(split) > 0 || parent.counts[split] === 0) continue;
    const removers = steps.filter(({ removed }) => removed[split] > 0).map(({ settings }) => settings.kind);
    const what = `${split} would be empty`;
    throw new RectuneError('data', what, removers.join(', '), 'change the settings of these steps, or leave one out');
  }
}

/** What the manifest says of the rows of the new version. */
class CountedRows {
  readonly #byTemplate = new Map<string, Record<Split, number>>();
  readonly #twins = new TwinPrompts();

  *passing(rows: Iterable<MadeRow>): Generator<MadeRow, void> {
    for (const row of rows) {
      const known = this.#byTemplate.get(row.templateId) ?? { train: 0, valid: 0, test: 0 };
      this.#byTemplate.set(row.templateId, known);
      known[row.split] += 1;
      this.#twins.look(row);
      yield row;
    }
  }

  of(templateId: string): Record<Split, number> {
    return this.#byTemplate.get(templateId) ?? { train: 0, valid: 0, test: 0 };
  }

  get twinPrompts(): { valid: number; test: number } {
    return this.#twins.counts();
  }
}

function factsOf(
  parent: DatasetVersion,
  curation: Curation,
  counted: CountedRows,
  name: string | undefined,
): Omit<UnsealedVersion, 'labels'> {
  const { hash: _h, counts: _c, files: _f, program: _p, labels: _l, checks, templates, ...kept } = parent;
  return {
    ...kept,
    name: name ?? (parent.name.endsWith('-curated') ? parent.name : `${parent.name}-curated`),
    templates: templates.map((one) => (one.rows ? { ...one, rows: counted.of(one.id) } : one)),
    ...(checks ? { checks: { ...checks, twinPrompts: counted.twinPrompts } } : {}),
    curation,
  };
}

/** One step on every split that it names; what it removes and changes holds when all are looked at. */
function carryOut(step: CurationStep, stage: Stage): Omit<StepRecord, 'settings'> {
  const removed = { train: 0, valid: 0, test: 0 };
  const changed = { train: 0, valid: 0, test: 0 };
  const audit: Record<string, number> = {};
  let example: StepRecord['example'] = null;
  const done = step.splits.map((split) => {
    const { judge, verdicts } = judged(step, stage, split);
    const gone: number[] = [];
    for (const [row, verdict] of verdicts) {
      if (verdict === undefined) continue;
      const { row: number, userId: user, itemId: item } = row;
      const why = typeof verdict === 'string' ? verdict : Object.keys(verdict.audit).join(', ');
      example ??= { split, row: number, user, item, why };
      if (typeof verdict === 'string') {
        gone.push(number);
        removed[split] += 1;
        continue;
      }
      changed[split] += 1;
      for (const [kind, count] of Object.entries(verdict.audit)) audit[kind] = (audit[kind] ?? 0) + count;
    }
    return { split, judge, gone };
  });
  for (const { split, judge, gone } of done) {
    stage.remove(split, gone);
    if (changed[split] > 0) stage.change(split, judge);
  }
  return { removed, changed, example, ...(step.kind === 'scrub' ? { audit } : {}) };
}

/** Settings for the manifest: a file by its content, because its path says nothing on another machine; a key by a trace that does not tell it. */
async function settingsOf(
  step: CurationStep,
  parent: DatasetVersion,
  stage: Stage,
  studio: string,
): Promise<StepRecord['settings']> {
  if (step.kind === 'scrub') {
    const { keyFile, ...settings } = step;
    return { ...settings, key: keyFile === undefined ? null : keyedHash(stage.key(keyFile), 'rectune').slice(0, 16) };
  }
  if (step.kind === 'review') {
    const { file, ...settings } = step;
    stage.verdicts(file);
    return { ...settings, sha256: await sha256File(file ?? studioLayout.review(studio, parent.hash)) };
  }
  if (countsTokens(step) && step.model !== undefined) {
    const { model, ...settings } = step;
    return { ...settings, modelSha256: await rememberedSha256(model, studioLayout.fileHashes(studio)) };
  }
  return step;
}

function warningsOf(records: readonly StepRecord[]): string[] {
  return (['valid', 'test'] as const).flatMap((split) => {
    const touching = records.filter(({ removed, changed }) => removed[split] + changed[split] > 0);
    if (touching.length === 0) return [];
    const kinds = touching.map(({ settings }) => settings.kind).join(', ');
    return [`${split} was curated (${kinds}): what is measured on it is not what is measured on the parent's`];
  });
}

/** The rows that are left, each with its number in the parent beside its new one. */
function* renumbered(stage: Stage): Generator<MadeRow, void> {
  for (const split of SPLITS) {
    let next = 0;
    for (const row of madeRows(stage.rows(split))) {
      row.parentRow = row.row;
      row.row = next++;
      yield row;
    }
  }
}

const Weighted = z.object({ weights: LabelWeights.optional() });

/** The recipe of a version may be of an older program; its weights are all that is asked for. */
function weightsOf({ recipe }: DatasetVersion): LabelWeights | undefined {
  return Weighted.parse(recipe).weights;
}
