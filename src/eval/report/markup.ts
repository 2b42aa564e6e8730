/** Text that is HTML already. Only html`` and trusted() make it, so nothing from data reaches a page unescaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = string | number | Markup | readonly Markup[];

/** A piece of HTML; every inserted string is escaped, inserted markup is not. */
export function html(parts: TemplateStringsArray, ...inserted: Content[]): Markup {
  return new Markup(
    parts.map((part, i) => part + (i < inserted.length ? asText(inserted[i] as Content) : '')).join(''),
  );
}

/** Markup made elsewhere that needs no escaping: SVG of the plots, the style sheet. Never text from data. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Safe in text and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function asText(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content));
  return content.map(({ text }) => text).join('');
}
