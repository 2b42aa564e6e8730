/** The line that tells of what a list does not show because of --limit; none when it shows all. */
export function renderMore(shown: number, total: number): string[] {
  return total > shown ? [`... and ${total - shown} more (--limit ${total})`] : [];
}
