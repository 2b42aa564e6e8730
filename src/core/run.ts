import { z } from 'zod';
import { NativeTrainConfig } from './run-config.js';

/** The adapter that a run began from, and the run of this studio that made it, its first stage; null: it came from elsewhere. */
export const StartAdapter = z.strictObject({ hash: z.string(), runId: z.string().nullable() });
export type StartAdapter = z.infer<typeof StartAdapter>;

/** One training: a dataset version, a base model and settings; ends in an adapter. */
export const Run = z.strictObject({
  id: z.string(), // name of the version, then the first 8 digits of configHash
  versionHash: z.string(),
  modelPath: z.string(), // where the model lay last; it is the run's when its hash is
  modelHash: z.string(), // sha256 of the GGUF file
  config: NativeTrainConfig,
  configHash: z.string(), // over what decides the adapter's bytes: settings, model and data hashes; not paths
  startAdapter: StartAdapter.nullable(), // null: it began with a new adapter
  status: z.enum(['running', 'stopped', 'failed', 'done']),
  adapterHash: z.string().nullable(), // sha256 of adapter.gguf in the run's folder; null: not done yet
  startedAt: z.string(), // ISO 8601, UTC
});
export type Run = z.infer<typeof Run>;
