import type { Stage } from '../core/report.js';
import type { Run } from '../core/run.js';
import type { Store } from '../store/store.js';

/** The trainings that a run's adapter went through before it, the first one first; as far back as the studio knows. */
export function stagesBefore(store: Store, run: Run): Stage[] {
  const stages: Stage[] = [];
  const seen = new Set([run.id]); // a run that learned nothing makes the file that it began from
  let later: Run | undefined = run;
  while (later?.startAdapter) {
    const { hash, runId }: NonNullable<Run['startAdapter']> = later.startAdapter;
    const stage: Run | undefined = runId === null || seen.has(runId) ? undefined : store.runs.find(runId);
    const version = stage && store.versions.find(stage.versionHash);
    const known =
      stage && version ? { run: stage.id, version: `${version.name} ${version.hash}` } : { run: null, version: null };
    stages.unshift({ ...known, adapterHash: hash });
    if (stage) seen.add(stage.id);
    later = stage;
  }
  return stages;
}
