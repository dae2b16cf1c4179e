/** What is to be said beside the figures of a simulation. */
export const caveatOf = (invoices: number, known: number): string =>
  known === invoices
    ? 'What really happened is known of all.'
    : `${invoices - known} of them behave by a model, not by facts: compare policies, do not promise figures.`;
