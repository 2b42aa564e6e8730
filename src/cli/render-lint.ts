import { type Finding, RULES, type Severity } from '../core/lint.js';
import { renderTable } from './render-table.js';

export function renderFindings(asked: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return `${asked}: nothing found`;
  const blocks = findings.map(
    ({ rule, severity, where, what, fix }) => `${severity} ${rule}: ${what}\n  at:  ${where}\n  fix: ${fix}`,
  );
  return [...blocks, counted(findings)].join('\n\n');
}

function counted(findings: readonly Finding[]): string {
  const severities: readonly Severity[] = ['error', 'warning', 'note'];
  return severities
    .map((one) => {
      const count = findings.filter(({ severity }) => severity === one).length;
      return `${count} ${one}${count === 1 ? '' : 's'}`;
    })
    .join(', ');
}

export function renderRules(): string {
  const rows = Object.entries(RULES).map(([name, { severity, looksAt, needsModel, says }]) => {
    return [name, severity, looksAt.join(', '), needsModel ? 'yes' : '', says];
  });
  return `${renderTable(['rule', 'severity', 'looks at', 'needs a model', 'finds'], rows)}\n${rows.length} rules`;
}
