import { html, type Markup, trusted } from './markup.js';

/** A whole HTML file: no script, nothing loaded from anywhere, which the policy in its head forbids as well. */
export function page(title: string, style: string, main: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<main>
${main}</main>
</body>
</html>
`.text;
}
