import Table from 'cli-table3';
import colors from 'picocolors';
import type { Run } from './api-client.ts';
import type { AdminLogin } from './invitation.ts';
import type { StackFile } from './stack-file.ts';

interface Onboarded {
  readonly tenantId: string;
  readonly slug: string;
  readonly counts: { readonly users: number; readonly classes: number; readonly enrollments: number; readonly badRows: number };
  readonly roster?: { readonly format: string; readonly rows: number; readonly rowsPerSecond: number };
  readonly invoice?: { readonly number: string | null; readonly amountMinor: number; readonly currency: string; readonly status: string };
  readonly mailsSent: number;
  readonly trialEndsAt?: string;
}

const money = (amountMinor: number, currency: string): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

function rows({ result }: Run): [string, string][] {
  const { tenantId, slug, counts, roster, invoice, mailsSent, trialEndsAt } = result as unknown as Onboarded;
  return [
    ['School', `${slug} (${tenantId})`],
    ['Users', String(counts.users)],
    ['Classes', `${counts.classes}, ${counts.enrollments} enrolments`],
    ...(roster
      ? ([['Roster', `${roster.format}: ${roster.rows} rows at ${Math.round(roster.rowsPerSecond)} rows/s, ${counts.badRows} bad`]] as [
          string,
          string,
        ][])
      : []),
    ...(invoice
      ? ([['Invoice', `${invoice.number ?? 'draft'}: ${money(invoice.amountMinor, invoice.currency)}, ${invoice.status}`]] as [
          string,
          string,
        ][])
      : []),
    ...(trialEndsAt ? ([['Trial ends', trialEndsAt.slice(0, 10)]] as [string, string][]) : []),
    ['Mails sent', String(mailsSent)],
  ];
}

/** Prints what a finished onboarding left behind, or why it ended, with links to the run. */
export function showOutcome(run: Run, stack: StackFile, admin: AdminLogin | undefined): void {
  const table = new Table({ style: { head: [], border: [] } });
  if (run.status === 'completed') table.push(...rows(run));
  if (admin) table.push(['First admin', `${admin.email}, password ${admin.password}`]);
  table.push(['Run', `${stack.api.url}/v1/runs/${run.id}`]);
  if (run.temporalUi) table.push(['Temporal UI', run.temporalUi]);
  if (run.status !== 'completed') {
    console.log(
      colors.red(
        `\nThe onboarding ${run.status}: ${run.error?.message ?? 'no reason was given'}${run.error ? ` (${run.error.code})` : ''}`,
      ),
    );
    if (run.error?.details) console.log(colors.dim(JSON.stringify(run.error.details, null, 2)));
    console.log('Everything it had made was taken back.');
  }
  console.log(`\n${table.toString()}`);
}
