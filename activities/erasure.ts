import type { Counts, Residual } from '../domain/privacy/residual.ts';
import { planned, type PlannedPlace, reachedBy } from '../domain/privacy/plan.ts';
import type { Law } from '../domain/privacy/deadline.ts';
import type { PrivacyPolicy, Requester } from '../domain/privacy/request.ts';
import type { CertificateStatement } from '../domain/privacy/certificate.ts';
import type { RunContext } from '../domain/run.ts';
import { readDataMap } from '../platform/privacy/map.ts';
import type { PlaceName } from '../platform/privacy/places.ts';
import { openRequest, wasErased } from '../platform/privacy/requests.ts';
import { stateErasure, type Stating } from '../platform/privacy/statement.ts';
import { keepReceipt, type ErasableStore } from '../platform/privacy/store.ts';
import { houseStores, type HouseDeps } from '../platform/privacy/stores.ts';
import { findSubject, type Subject } from '../platform/privacy/subject.ts';
import { keepAlive } from './support/keep-alive.ts';

export type ErasureDeps = HouseDeps;

export interface OpenedErasure {
  /** Absent: there never was such a person in this school. */
  readonly subject?: Subject;
  readonly policy: PrivacyPolicy;
  readonly law: Law;
  /** Unix ms. */
  readonly dueAt: number;
  readonly escalateAt: number;
  readonly places: readonly PlannedPlace[];
  /** Whether an earlier request came to its end. */
  readonly erasedBefore: boolean;
}
interface OpenInput {
  readonly run: RunContext;
  readonly personId: string;
  readonly law?: Law | undefined;
  readonly requestedBy: Requester;
  /** RFC 3339. */
  readonly receivedAt: string;
}
export interface OfPlace {
  readonly subject: Subject;
  readonly place: string;
  readonly requestId: string;
}

/**
 * Erases one place, the same way in the house and at every vendor: what is there is written down, it is erased, the receipt is kept. So an
 * attempt that dies in between loses no count.
 */
export async function erasePlace(deps: Pick<HouseDeps, 'knex'>, store: ErasableStore, { subject, requestId }: OfPlace): Promise<Counts> {
  await keepReceipt(deps.knex, subject, requestId, store.place, { counts: await store.count(subject), erased: false });
  const receipt = await store.erase(subject, requestId);
  return keepReceipt(deps.knex, subject, requestId, store.place, receipt);
}

export const createErasureActivities = (deps: ErasureDeps) => {
  const { knex } = deps;
  const stores = houseStores(deps);
  const storeOf = (place: string): ErasableStore => {
    const store = stores.get(place as PlaceName);
    if (!store) throw new Error(`There is no store of ${place}.`);
    return store;
  };

  return {
    /** Safe to retry: one row a run. The order of places is that of the live catalogue at this moment, and the run keeps it. */
    async openErasure({ run, personId, law, requestedBy, receivedAt }: OpenInput): Promise<OpenedErasure> {
      const { order } = await readDataMap({ main: knex, keyring: deps.keyringDatabase });
      const found = await findSubject(knex, run.tenantId, personId);
      const subject = found && { ...found, asOf: receivedAt };
      const asked = { run, kind: 'erase', personId, accountId: subject?.accountId, law, requestedBy, receivedAt } as const;
      const { request, policy } = await openRequest(knex, asked);
      const places = order.filter((place) => stores.has(place) || reachedBy(place) !== 'house').map(planned);
      const of = { policy, law: request.law, dueAt: request.due_at.getTime(), escalateAt: request.escalate_at.getTime(), places };
      return { ...of, ...(subject ? { subject } : {}), erasedBefore: subject ? await wasErased(knex, subject) : false };
    },
    /** Safe to retry: it only reads. */
    async countPlaces({ subject, places }: { readonly subject: Subject; readonly places: readonly string[] }): Promise<Residual> {
      const found: Record<string, Counts> = {};
      for (const place of places) {
        found[place] = await keepAlive({ position: place }, () => storeOf(place).count(subject));
      }
      return found;
    },
    /** Safe to retry: what is gone is not found again, and the receipt keeps the larger count. */
    async erasePlace(input: OfPlace): Promise<Counts> {
      return keepAlive({ position: input.place }, () => erasePlace(deps, storeOf(input.place), input));
    },
    /** Safe to retry: it only reads. Names the places where something is left. */
    async stateErasure(input: Stating): Promise<CertificateStatement> {
      return stateErasure(knex, input);
    },
  };
};
export type ErasureActivities = ReturnType<typeof createErasureActivities>;
