import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import type { Instruction } from '../../../src/core/instruction.js';
import type { Prediction } from '../../../src/core/prediction.js';
import { Random } from '../../../src/core/random.js';
import type { Run } from '../../../src/core/run.js';
import type { ReportInput } from '../../../src/eval/report.js';
import type { Store } from '../../../src/store/store.js';
import { inventedRun } from '../fixtures.js';

export const FIRST = inventedRun.id;

/** Another run of the store on the same version, and what its adapter says of the test rows: as the first one, with chance added. */
export function addRun(
  store: Store,
  input: ReportInput,
  name: string,
  { noise, change = {}, scored = true }: { noise: number; change?: Partial<Run['config']>; scored?: boolean },
): void {
  const adapterHash = name.padEnd(64, '0');
  const run: Run = { ...inventedRun, id: name, adapterHash, config: { ...inventedRun.config, ...change } };
  store.runs.save(run);
  if (!scored) return;
  const random = new Random(5, name);
  const more = (value: number) => value + noise * random.normal();
  const { set, predictions } = input.test.adapter;
  const said = predictions.map(
    (one): Prediction => ({
      ...one,
      logOdds: one.logOdds === null ? null : more(one.logOdds),
      choices: one.choices?.map((choice) => ({ ...choice, sum: more(choice.sum), first: more(choice.first) })) ?? null,
    }),
  );
  store.predictions.save({ ...set, id: `set of ${name}`, adapterHash, runId: name }, said, input.madeAt);
}

/** A version with other test rows, and a run on it. */
export function addStranger(
  store: Store,
  input: ReportInput,
  name: string,
  files: Partial<DatasetVersion['files']>,
): void {
  const hash = '7'.repeat(64);
  const version = { ...input.version, hash, name: 'other', files: { ...input.version.files, ...files } };
  store.versions.save(version, [...(input.test.instructions as Instruction[])], input.madeAt);
  const adapterHash = '6'.repeat(64);
  store.runs.save({ ...inventedRun, id: name, versionHash: hash, adapterHash });
  const { set, predictions } = input.test.adapter;
  const own = { ...set, id: `set of ${name}`, versionHash: hash, adapterHash, runId: name };
  store.predictions.save(own, predictions, input.madeAt);
}
