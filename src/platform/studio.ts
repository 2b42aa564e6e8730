import { join } from 'node:path';
import type { Split } from '../core/instruction.js';

/** Where things lie in a studio folder (`./.rectune`, or what --studio names). */
export const studioLayout = {
  store: (studio: string) => join(studio, 'store.db'),
  /** Interactions of logs that are too large for the store. */
  logs: (studio: string) => join(studio, 'logs'),
  fileHashes: (studio: string) => join(studio, 'file-hashes.json'),
  versions: (studio: string) => join(studio, 'versions'),
  version: (studio: string, hash: string) => join(studio, 'versions', hash),
  manifestFile: 'manifest.json', // inside the folder of a version
  /** Inside the folder of a version that was pulled: where it came from. */
  originFile: 'origin.json',
  splitFile: (split: Split) => `${split}.jsonl`,
  instructions: (studio: string, hash: string, split: Split): string =>
    join(studioLayout.version(studio, hash), studioLayout.splitFile(split)),
  /** What people say of rows of a version, unless they name another file. */
  review: (studio: string, hash: string) => join(studio, 'reviews', `${hash}.jsonl`),
  run: (studio: string, id: string) => join(studio, 'runs', id),
  /** Held while a run is trained. Beside its folder, not inside: the folder of a refused run is removed. */
  runLock: (studio: string, id: string) => join(studio, 'runs', `${id}.lock`),
  adapter: (studio: string, runId: string): string => join(studioLayout.run(studio, runId), 'adapter.gguf'),
  /** Adapter and base model in one, where the run was asked for it. */
  merged: (studio: string, runId: string): string => join(studioLayout.run(studio, runId), 'merged.gguf'),
  /** The run's own copy of the adapter that it continues from. */
  startAdapter: (studio: string, runId: string): string => join(studioLayout.run(studio, runId), 'start-adapter.gguf'),
  /** Of a run: one file a probe. */
  probes: (studio: string, runId: string) => join(studio, 'probes', runId),
  /** What one probe of a run was told. */
  probe: (studio: string, runId: string, id: string): string => join(studioLayout.probes(studio, runId), `${id}.json`),
  rankings: (studio: string, runId: string) => join(studio, 'rankings', runId),
  /** Titles that a run's model wrote behind rows of test. */
  ranking: (studio: string, runId: string, id: string): string =>
    join(studioLayout.rankings(studio, runId), `${id}.json`),
  writings: (studio: string, runId: string) => join(studio, 'writings', runId),
  /** Texts that a run's model wrote behind rows of test. */
  writing: (studio: string, runId: string, id: string): string =>
    join(studioLayout.writings(studio, runId), `${id}.json`),
  /** Scores of a split that is not done yet. */
  scoreJournal: (studio: string, id: string) => join(studio, 'scoring', `${id}.jsonl`),
  /** What a model is asked while it writes texts. */
  prompts: (studio: string, id: string) => join(studio, 'texts', `${id}.jsonl`),
  /** Hidden states of frozen blocks, for every run on the same model and rows. May be removed at any time. */
  hiddenStates: (studio: string) => join(studio, 'cache', 'hidden-states'),
  /** Files on their way to a hub; gone when they are there. */
  outgoing: (studio: string, hash: string) => join(studio, 'outgoing', hash),
  /** What models of users and items say of a version: one file a model and kind of rows. */
  fits: (studio: string, versionHash: string) => join(studio, 'fits', versionHash),
  fit: (studio: string, versionHash: string, id: string): string =>
    join(studioLayout.fits(studio, versionHash), `${id}.json`),
  report: (studio: string, runId: string) => join(studio, 'reports', runId),
};
