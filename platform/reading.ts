import type { Knex } from 'knex';
import { openReadIn } from './database.ts';
import type { OpenRead, Statement, Work } from './transaction.ts';

/** The reads of one request in one tenant. The first statement opens a transaction, in which the first `read` goes on. */
export interface Reading {
  /** Runs a statement in the tenant's scope and leaves its transaction open. */
  first<Row>(tenantId: string, statement: Statement): Promise<readonly Row[]>;
  /** Runs `work` in the open transaction and ends it; in one of its own when there is none (any more), or none of this tenant's. */
  read<T>(tenantId: string, work: Work<T>): Promise<T>;
  /** Ends the open transaction when nobody reads in it. To be called in any case. */
  end(): void;
}

const nothing: Statement = { text: 'select', values: [] };

/** So a request that asks whether a session is in force and then reads something pays for one transaction, not for two. */
export function createReading(database: Knex): Reading {
  let open: (OpenRead<unknown> & { readonly tenantId: string }) | undefined;
  const take = (tenantId: string): OpenRead<unknown> | undefined => {
    if (open?.tenantId !== tenantId) return undefined;
    const taken = open;
    open = undefined;
    return taken;
  };
  return {
    async first<Row>(tenantId: string, statement: Statement) {
      const began = await openReadIn<Row>(database, tenantId, statement);
      open = { ...began, tenantId };
      return began.rows;
    },
    async read(tenantId, work) {
      const { trx, end } = take(tenantId) ?? (await openReadIn(database, tenantId, nothing));
      return await work(trx).finally(end);
    },
    end() {
      open?.end();
      open = undefined;
    },
  };
}
