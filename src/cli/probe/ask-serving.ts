import { RectuneError } from '../../core/errors.js';
import { defaultThreads } from '../../platform/cpu.js';
import { askServed } from '../../trainers/ask-served.js';
import { servedFiles } from '../../trainers/asked-run.js';
import { sealedSplit } from '../../trainers/sealed-split.js';
import { servingEngine } from '../../trainers/serve-rows.js';
import { amountInWords, type Probing, whyNotAsked } from './probing.js';

/** The part of a result of the probe `serving` that is its own: rows answered one at a time by stock llama.cpp. */
export async function askServing(probing: Probing) {
  const { request, asked, model, sample } = probing;
  const reason = whyNotAsked(probing, 'serving');
  const rows = reason === null ? sample.rows.serving : [];
  const threads = model.threads ?? defaultThreads();
  const budget = amountInWords(probing, 'serving', rows.length);
  const engine = servingEngine();
  const told = { eligible: sample.eligible.serving, budget, reason, engine, threads };
  if (rows.length === 0) return { ...told, answers: [] };
  request.onStage(`probe: ${rows.length} rows served one at a time by llama.cpp ${engine}`);
  const { version } = asked;
  try {
    const data = await sealedSplit(request.studio, version, 'test');
    const files = servedFiles(request.studio, asked).adapter;
    const question = { data, labels: version.labels, ...files, rows, maxLength: model.maxLength, threads };
    const { answers, forget } = await askServed(question, request);
    forget();
    return { ...told, answers: [...answers] };
  } catch (error) {
    // That a server cannot answer with this adapter is an answer, too; the other probes stand without it.
    if (!(error instanceof RectuneError) || error.kind !== 'data') throw error;
    return { ...told, reason: `llama.cpp does not answer: ${error.message}`, answers: [] };
  }
}
