import { z } from 'zod';
import { RectuneError } from './errors.js';
import { parseAs } from './parse.js';
import { REPORT_FORMAT, Report } from './report.js';

/** What every report says of itself, whatever its format. */
const Header = z.looseObject({ format: z.number(), program: z.string(), run: z.looseObject({ id: z.string() }) });

/**
 * A report from its JSON. One of another format is refused with what to do: its figures may be defined otherwise.
 *
 * where  the file, for errors
 * throws RectuneError 'data'
 */
export function readReport(value: unknown, where: string): Report {
  const header = Header.safeParse(value).data;
  if (!header) {
    throw new RectuneError(
      'data',
      'this is no report of rectune',
      where,
      'name a report.json that rectune report wrote',
    );
  }
  const { format, program, run } = header;
  if (format !== REPORT_FORMAT) {
    const fix =
      format < REPORT_FORMAT
        ? `make it again from the predictions that are kept: rectune report ${run.id}`
        : 'read it with the rectune that made it, or a newer one';
    const what = `the report has format ${format}, made by rectune ${program}, and this program reads format ${REPORT_FORMAT}`;
    throw new RectuneError('data', what, where, fix);
  }
  return parseAs(Report, value, where, 'data');
}
