import type { RobloxCounted, RobloxDataActivities, RobloxErased } from '../../activities/erasure-roblox.ts';
import type { PrivacyRequestActivities } from '../../activities/privacy-requests.ts';
import type { Counts } from '../../domain/privacy/residual.ts';
import type { Subject } from '../../platform/privacy/subject.ts';
import { database, roblox } from './proxies.ts';

const records = database<PrivacyRequestActivities>();
const atRoblox = roblox.longRunning<RobloxDataActivities>();

interface OfPlace {
  readonly subject: Subject;
  readonly place: string;
  readonly requestId: string;
}

/** Counts page after page what Roblox has of a person: by number, or by digest once their key is gone. */
export async function countAtRoblox({ subject, requestId }: OfPlace): Promise<Counts> {
  if (!(await records.isSoughtAtRoblox({ subject, requestId }))) return { entries: 0, tombstones: 0 };
  let page: RobloxCounted = await atRoblox.countAtRoblox({ subject, requestId });
  while (page.next) page = await atRoblox.countAtRoblox({ subject, requestId, at: page.next });
  return page.counts;
}

/** Erases it page after page. What is there is counted first: an attempt that dies loses none of it. */
export async function eraseAtRoblox(of: OfPlace): Promise<void> {
  const { subject, requestId } = of;
  if (!(await records.isSoughtAtRoblox({ subject, requestId }))) return records.passOverRoblox({ subject, requestId });
  const counted = await countAtRoblox(of);
  let page: RobloxErased = await atRoblox.eraseAtRoblox({ ...of, counted });
  while (page.next) page = await atRoblox.eraseAtRoblox({ ...of, counted, at: page.next });
}
