import { counted } from '../eval/numbers.js';
import type { Verification } from '../eval/verify/verify-report.js';

const SHOWN = 20; // differing values; --json has all

/** Whether everything is as the predictions give it. A file that is missing beside the report says nothing wrong. */
export function isVerified({ differences, fits, files }: Verification): boolean {
  return (
    differences.length === 0 &&
    fits.every(({ state }) => state === 'same') &&
    files.every(({ state }) => state !== 'differs')
  );
}

export function renderVerification(verification: Verification): string {
  const { differences, fits, files } = verification;
  const wrong = files.filter(({ state }) => state === 'differs').map(({ name }) => name);
  const same = files.filter(({ state }) => state === 'same').map(({ name }) => name);
  return [
    heading(verification),
    ...fits.flatMap(({ file, model, state }) => {
      if (state === 'same') return [];
      return [
        `  ${model}: ${file} ${state === 'missing' ? 'is gone' : 'is not the fit that the report was made from'}`,
      ];
    }),
    ...differences
      .slice(0, SHOWN)
      .map(
        ({ figure, said, derived }) =>
          `  ${figure}: the report says ${told(said)}, the predictions give ${told(derived)}`,
      ),
    ...(differences.length > SHOWN
      ? [`  and ${counted(differences.length - SHOWN, 'more value')}; --json has all`]
      : []),
    ...wrong.map((name) => `  ${name} beside it is not what the report makes`),
    ...(same.length === 0 ? [] : [`files beside it that it makes: ${same.join(', ')}`]),
  ].join('\n');
}

function heading(verification: Verification): string {
  const { report, run, compared, differences, fits } = verification;
  const values = `${counted(compared, 'value')} of ${report} come out of the predictions of run ${run}`;
  if (isVerified(verification)) return `verified: ${values}`;
  if (differences.length > 0) return `NOT verified: ${report} differs from what the predictions of run ${run} give`;
  const what = fits.some(({ state }) => state !== 'same') ? 'a fit that it was made from' : 'a file beside it';
  return `NOT verified: ${values}, but ${what} is not as it was`;
}

function told(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
