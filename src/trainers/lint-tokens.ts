import { join } from 'node:path';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { type InstructionLine, SPLITS } from '../core/instruction.js';
import { type Finding, finding, type RuleName } from '../core/lint.js';
import { rowPath } from '../core/token-budget.js';
import type { InspectedRow } from '../core/token-row.js';
import { writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import type { NativeOptions } from '../platform/native-program.js';
import { withTemporaryFolder } from '../platform/temporary-folder.js';
import { type InspectedSplit, inspectFile, inspectRows, type RowProblem } from './inspect-rows.js';

/** The model that rules are asked under. */
export interface LintModel {
  readonly model: string; // path of a GGUF file
  readonly maxLength: number;
  readonly threads?: number | undefined;
}

const MERGED_LOOKED_AT = 100; // rows of a split; a template shows it in its first row

/** What the rules that need a model say of lines; where names the place of each. */
export async function lintLines(
  lines: readonly { readonly line: InstructionLine; readonly where: string }[],
  asked: LintModel,
  options: NativeOptions = {},
): Promise<Finding[]> {
  if (lines.length === 0) return [];
  return ofModel(asked.model, () =>
    withTemporaryFolder(async (folder) => {
      const data = join(folder, 'lines.jsonl');
      writeSealed(data, toJsonLines(lines.map(({ line }) => line)));
      const told = await inspectFile({ ...asked, data, labels: null, pieces: true }, options);
      const where = (row: number): string => lines[row]?.where ?? data;
      return told.rows
        .flatMap((row) => mergedAnswer(row, lines[row.row]?.line, where(row.row)))
        .concat(told.problems.map((problem) => problemFinding(problem, where(problem.row), '')))
        .filter((one, i, all) => all.findIndex((other) => other.where === one.where && other.rule === one.rule) === i);
    }),
  );
}

/** The same of a sealed version: each rule once a split, with how many rows it is about. */
export async function lintRows(
  studio: string,
  version: DatasetVersion,
  lineOf: (split: (typeof SPLITS)[number], row: number) => Pick<InstructionLine, 'prompt'> | undefined,
  asked: LintModel,
  options: NativeOptions = {},
): Promise<Finding[]> {
  return ofModel(asked.model, async () => {
    const findings: Finding[] = [];
    for (const split of SPLITS) {
      const told = await inspectRows({ studio, version, split, ...asked }, options);
      findings.push(...splitFindings(told, `version ${version.name}`, (row) => rowPath(split, row)));
      const some = told.rows.slice(0, MERGED_LOOKED_AT).map(({ row }) => row);
      if (some.length === 0) continue;
      const shown = await inspectRows({ studio, version, split, ...asked, rows: some, pieces: true }, options);
      const merged = shown.rows.flatMap((row) =>
        mergedAnswer(row, lineOf(split, row.row), `version ${version.name}, ${rowPath(split, row.row)}`),
      );
      findings.push(...merged.slice(0, 1));
    }
    return findings;
  });
}

/** A vocabulary that names no end token ends native/; to lint it is a finding. */
async function ofModel(model: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    const found = missingEnd(error, model);
    if (found === undefined) throw error;
    return [found];
  }
}

export function missingEnd({ message, fix }: RectuneError, model: string): Finding | undefined {
  return /names no end token/.test(message) ? finding('no-end-token', model, message, fix) : undefined;
}

/** Which rule a problem is of, by the words of native/. */
export function problemRule(what: string): RuleName {
  if (/both begin with token|has no token that the other labels|have the same tokens/.test(what))
    return 'shared-first-token';
  return /without any history/.test(what) ? 'too-long' : 'unreadable-row';
}

function problemFinding({ what, fix }: RowProblem, where: string, which: string): Finding {
  return finding(problemRule(what), where, `${which}${what}`, fix);
}

function splitFindings(
  { rows, problems, limit }: InspectedSplit,
  where: string,
  nameOf: (row: number) => string,
): Finding[] {
  const byRule = new Map<RuleName, RowProblem[]>();
  for (const problem of problems) {
    const rule = problemRule(problem.what);
    byRule.set(rule, [...(byRule.get(rule) ?? []), problem]);
  }
  const findings = [...byRule.values()].map((all) => {
    const first = all[0] as RowProblem;
    return problemFinding(first, where, `${all.length} rows, such as ${nameOf(first.row)}: `);
  });
  const shortened = rows.filter(({ droppedHistory }) => droppedHistory > 0);
  const [first] = shortened;
  if (first) {
    const items = shortened.reduce((sum, { droppedHistory }) => sum + droppedHistory, 0);
    const what = `${shortened.length} rows, such as ${nameOf(first.row)}, lose ${items} history items to fit ${limit} tokens`;
    findings.push(finding('loses-history', where, what, 'raise --max-length if the oldest history counts'));
  }
  return findings;
}

/** The loss of an answer should begin where the answer does; where it merges with the prompt, the model is asked for a token that no server begins with. */
function mergedAnswer(row: InspectedRow, line: Pick<InstructionLine, 'prompt'> | undefined, where: string): Finding[] {
  const { pieces, loss, cut = [] } = row;
  if (line === undefined || row.length === null || pieces === undefined || loss === undefined) return [];
  const prompt = Buffer.byteLength(line.prompt) - cut.reduce((sum, [begin, end]) => sum + end - begin, 0);
  const behind = pieces[loss[0] - 1]?.[2];
  if (behind === undefined || behind === null || behind >= prompt) return [];
  const token = JSON.stringify(pieces[loss[0]]?.[1] ?? '');
  return [
    finding(
      'merged-answer',
      where,
      `the first token of the answer, ${token}, begins in the prompt: the text before it is another one when the model is asked`,
      'let the prompt end in a line break, or move its last space into the answer',
    ),
  ];
}
