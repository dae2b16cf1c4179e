import Table from 'cli-table3';
import type { DunningPolicy } from '../../domain/dunning/policy.ts';
import type { DunningReport } from '../../domain/dunning/simulation/report.ts';

export interface PolicyReport {
  readonly policy: DunningPolicy;
  readonly report: DunningReport;
}

const style = { head: [], border: [] };
export const labelOf = ({ name, version }: DunningPolicy): string => `${name} v${version}`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const whole = new Intl.NumberFormat('en-US');
const daysText = (days: number | null): string => (days === null ? '-' : `${days.toFixed(1)} d`);

/** Minor units as people write the amount: JPY has no digits behind the point, USD two. */
function moneyText(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase(), currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits).replaceAll('\u00A0', ' ');
}

type Line = readonly [
  label: string,
  value: (report: DunningReport) => string,
  difference?: (report: DunningReport) => number,
  unit?: string,
];
const lines: readonly Line[] = [
  [
    'recovered',
    ({ invoices }) => `${percent(invoices.share)} (${whole.format(invoices.recovered)})`,
    ({ invoices }) => invoices.share * 100,
    'points',
  ],
  [
    'median days to recover',
    ({ daysToRecover }) => daysText(daysToRecover.median),
    ({ daysToRecover }) => daysToRecover.median ?? Number.NaN,
    'd',
  ],
  ['90th percentile', ({ daysToRecover }) => daysText(daysToRecover.p90), ({ daysToRecover }) => daysToRecover.p90 ?? Number.NaN, 'd'],
  [
    'recovered within 10 days',
    ({ daysToRecover }) => percent(daysToRecover.withinTenDays),
    ({ daysToRecover }) => daysToRecover.withinTenDays * 100,
    'points',
  ],
  ['attempts an invoice', ({ attempts }) => attempts.perInvoice.toFixed(2), ({ attempts }) => attempts.perInvoice, ''],
  ['mails an invoice', ({ mails }) => mails.perInvoice.toFixed(2), ({ mails }) => mails.perInvoice, ''],
  ['written off', ({ outcomes }) => whole.format(outcomes['written-off'] ?? 0), ({ outcomes }) => outcomes['written-off'] ?? 0, ''],
];
const moneyLines = (report: DunningReport | undefined): Line[] =>
  Object.keys(report?.money ?? {})
    .toSorted()
    .map((currency) => [
      `recovered of ${moneyText(report?.money[currency]?.failed ?? 0, currency)}`,
      ({ money }) => `${moneyText(money[currency]?.recovered ?? 0, currency)} (${percent(money[currency]?.share ?? 0)})`,
      ({ money }) => (money[currency]?.share ?? 0) * 100,
      'points',
    ]);

function differenceText(value: number, unit: string): string {
  if (Number.isNaN(value)) return '';
  const text = Number.isInteger(value) ? whole.format(value) : value.toFixed(unit === 'points' ? 1 : 2);
  return `${value > 0 ? '+' : ''}${text} ${unit}`.trimEnd();
}

/** The policies side by side, then by decline code. The first is compared with the second, if there is one. */
export function showSimulation(reports: readonly PolicyReport[]): string {
  const [first, second] = reports;
  const head = ['', ...reports.map(({ policy }) => labelOf(policy)), ...(second ? ['difference'] : [])];
  const summary = new Table({ head, style, colAligns: ['left', ...head.slice(1).map(() => 'right' as const)] });
  for (const [label, value, amount, unit = ''] of [...lines.slice(0, 1), ...moneyLines(first?.report), ...lines.slice(1)]) {
    const difference = first && second && amount ? [differenceText(amount(first.report) - amount(second.report), unit)] : [];
    summary.push([label, ...reports.map(({ report }) => value(report)), ...difference]);
  }
  return `${summary.toString()}\n\nBy decline code\n${byCode(reports)}`;
}

function byCode(reports: readonly PolicyReport[]): string {
  const names = ['recovered', 'median', 'attempts', 'mails'];
  const head = [
    'decline code',
    'failed',
    ...reports.flatMap(({ policy }, at) => names.map((name) => (at === 0 ? name : `${name}, ${labelOf(policy)}`))),
  ];
  const table = new Table({ head, style, wordWrap: true, colAligns: ['left', ...head.slice(1).map(() => 'right' as const)] });
  for (const [code, { failed }] of Object.entries(reports[0]?.report.byDeclineCode ?? {})) {
    const figures = reports.flatMap(({ report }) => {
      const row = report.byDeclineCode[code];
      return row ? [percent(row.share), daysText(row.medianDays), row.attemptsPerInvoice.toFixed(2), row.mailsPerInvoice.toFixed(2)] : [];
    });
    table.push([code, whole.format(failed), ...figures]);
  }
  return table.toString();
}
