import type { LossPoint, Report } from '../core/report.js';
import type { RunEvent } from '../core/run-event.js';
import { standingEvents, trainingSeconds } from '../core/run-history.js';

type Named<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

/** What the events of a run tell a report. A fact that the run did not record is null, not a guess. */
export interface TrainingFacts {
  readonly loss: LossPoint[]; // by step; a step repeated after a resume counts as it went the last time
  readonly parity: Report['serving']['parity'];
  readonly truncatedTrainRows: number | null;
  readonly training: Report['training'];
}

export function trainingFacts(recorded: readonly RunEvent[]): TrainingFacts {
  const events = standingEvents(recorded);
  const last = <Name extends RunEvent['event']>(name: Name): Named<Name> | undefined =>
    events.findLast((event): event is Named<Name> => event.event === name);
  const [start, model, data, adapter, done] = [
    last('start'),
    last('model'),
    last('data'),
    last('adapter'),
    last('done'),
  ];
  const device = last('device');
  const precision = last('precision');
  const parity = last('parity');
  return {
    loss: lossCurve(events),
    parity: parity
      ? { rows: parity.rows, blocks: parity.blocks, maxDifference: parity.maxDifference, tolerance: parity.tolerance }
      : null,
    truncatedTrainRows: data?.truncatedRows ?? null,
    training: {
      native: start?.program ?? null,
      ggml: start?.ggml ?? null,
      kernel: start?.kernel ?? null,
      device: device ? `${device.kind}, ${device.name}` : precision ? 'cpu' : null,
      precision: device?.precision ?? precision?.chosen ?? null,
      architecture: model?.architecture ?? null,
      parameters: model?.parameters ?? null,
      adapterParameters: adapter?.parameters ?? null,
      seconds: trainingSeconds(recorded) ?? null,
      peakMemory: done?.peakMemory ?? null,
    },
  };
}

function lossCurve(events: readonly RunEvent[]): LossPoint[] {
  return events.flatMap((event) => {
    if (event.event !== 'step') return [];
    const { step, epoch, loss, learningRate } = event;
    return [{ step, epoch, loss, learningRate }];
  });
}
