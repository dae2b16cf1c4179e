import { escapeHtml } from '../../../domain/mails.ts';
import type { ExportFormat } from '../../../domain/privacy/export.ts';
import type { RecordKind } from '../collector.ts';
import type { KindTally, Tally } from './tally.ts';

/** For whom the page is: dates are written as they are used to. */
export interface Reader {
  /** BCP 47. */
  readonly locale: string;
  /** IANA. */
  readonly timeZone: string;
  readonly schoolName: string;
}
export interface PageInput {
  readonly kinds: readonly RecordKind[];
  readonly formats: readonly ExportFormat[];
  readonly tally: Tally;
  readonly asOf: Date;
  readonly reader: Reader;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** A value that is longer is in the files. */
const longest = 300;

/** `signedInAt` -> `Signed in at`. */
const words = (name: string): string => {
  const spaced = name.replaceAll(/[A-Z0-9]+/g, (letters) => ` ${letters.toLowerCase()}`).replaceAll('-', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

const style = `body{font-family:system-ui,sans-serif;line-height:1.5;color:#1a1a1a;max-width:72em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}
th{background:#f2f2f2}.left-out{color:#666}`;

/** The page by which a person finds their way: all text is escaped, nothing on it runs or is fetched. */
export function indexPage({ kinds, formats, tally, asOf, reader }: PageInput): string {
  const when = new Intl.DateTimeFormat(reader.locale, { dateStyle: 'long', timeStyle: 'short', timeZone: reader.timeZone });
  const cell = (value: unknown): string => {
    if (value === null || value === undefined || value === '') return '<span class="left-out">–</span>';
    const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
    if (timePattern.test(text)) return `<time datetime="${text}">${escapeHtml(when.format(new Date(text)))}</time>`;
    return escapeHtml(text.length > longest ? `${text.slice(0, longest)}…` : text);
  };
  const sections = kinds.map((kind) => section(kind, tally.of(kind.name), formats, cell));
  const contents = kinds.map(({ name, title }) => `<li><a href="#${name}">${escapeHtml(title)}</a> (${tally.of(name).records})</li>`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Your data</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<style>${style}</style></head><body>`,
    `<h1>Your data at ${escapeHtml(reader.schoolName)}</h1>`,
    `<p>This is what ToolboxAI holds of you for ${escapeHtml(reader.schoolName)}, as of ${cell(asOf.toISOString())} (${escapeHtml(reader.timeZone)}).`,
    'Where a record names somebody else, what names them is left out: it says [redacted].</p>',
    `<p>The folder <code>data</code> has all records${formats.includes('json') ? ', as JSON for programs' : ''}${formats.includes('csv') ? ', as CSV for spreadsheets' : ''}.`,
    '<a href="schema.json">schema.json</a> says what each field is, <a href="manifest.json">manifest.json</a> lists the files with their SHA-256 checksums.</p>',
    `<ul>${contents.join('')}</ul>`,
    ...sections,
    '</body></html>\n',
  ].join('\n');
}

function section(
  { name, title, about, schema }: RecordKind,
  { records, redactions, first }: KindTally,
  formats: readonly ExportFormat[],
  cell: (value: unknown) => string,
): string {
  const files = formats.map((format) => `<a href="data/${name}.${format}">${name}.${format}</a>`).join(', ');
  const fields = Object.keys(schema.shape);
  const valueOf = (record: object, field: string): string => cell((record as Readonly<Record<string, unknown>>)[field]);
  const head = `<h2 id="${name}">${escapeHtml(title)}</h2><p>${escapeHtml(about)}</p>`;
  if (records === 0) return `${head}<p class="left-out">There is nothing.</p>`;
  const rest = records > first.length ? `<p>The first ${first.length} of ${records}; all of them are in the files.</p>` : '';
  const left = redactions > 0 ? `<p class="left-out">${redactions} values of others were left out.</p>` : '';
  const alone = first[0];
  const table =
    records === 1 && alone
      ? fields.map((field) => `<tr><th scope="row">${words(field)}</th><td>${valueOf(alone, field)}</td></tr>`)
      : [
          `<tr>${fields.map((field) => `<th scope="col">${words(field)}</th>`).join('')}</tr>`,
          ...first.map((record) => `<tr>${fields.map((field) => `<td>${valueOf(record, field)}</td>`).join('')}</tr>`),
        ];
  return `${head}<p>Files: ${files}</p>${rest}${left}<table>${table.join('\n')}</table>`;
}
