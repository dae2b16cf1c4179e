import colors from 'picocolors';
import {
  auditLines,
  awaitedLines,
  checkLines,
  keyLine,
  placeRow,
  requestLines,
  titleOf,
} from '../../platform/privacy/certificate-words.ts';
import type { Verdict } from '../../platform/privacy/verify-certificate.ts';

const limits = [
  'What a signature cannot say: that the platform told the truth about what it searched. It says that the platform states this,',
  'and that nobody has changed it since. `npm run audit:verify -- --certificate` holds the platform’s live audit log against it.',
];

/** What was checked and what the certificate says, for people. */
export function showVerdict(verdict: Verdict): string {
  const { findings, document, keyFingerprint, valid } = verdict;
  const checked = findings.flatMap(({ check, problems }) =>
    problems.length === 0
      ? [`  ${colors.green('✓')} ${check}`]
      : [`  ${colors.red('✗')} ${check}`, ...problems.map((problem) => `      ${problem}`)],
  );
  return [
    valid ? colors.bold(colors.green('VALID')) : colors.bold(colors.red('NOT VALID')),
    ...checked,
    ...(keyFingerprint ? [`  the key’s fingerprint: ${keyFingerprint}`] : []),
    ...(document ? facts(document) : []),
    ...(valid ? ['', ...limits] : []),
  ].join('\n');
}

function facts({ content }: NonNullable<Verdict['document']>): string[] {
  const places = content.places
    .map(placeRow)
    .map(([place, found, erased, left, kept]) => `${place}: found ${found}; erased ${erased}; left ${left}; kept by law ${kept}`);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [titleOf[content.kind], requestLines(content).map(([name, value]) => `${name}: ${value}`)],
    ['Places that were searched', places],
    ['Key', [keyLine(content)]],
    ['Checks', checkLines(content)],
    ['Awaited', awaitedLines(content)],
    ['Audit log', auditLines(content)],
  ];
  return sections.flatMap(([title, lines]) => [
    '',
    colors.bold(title),
    ...(lines.length > 0 ? lines : ['nothing']).map((line) => `  ${line}`),
  ]);
}
