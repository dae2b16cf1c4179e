import { admin } from '../../activities/support/school-in-making.ts';
import { zipOf } from '../../support/roster.ts';
import { rosterFiles } from '../../workflows/support/small-roster.ts';
import type { Place } from '../support/place.ts';
import type { World } from '../support/world.ts';

const input = async ({ name, upload }: Place) => ({
  ...admin,
  slug: name,
  name: 'Lincoln High',
  region: 'eu',
  plan: 'school',
  rosterUploadId: await upload(await zipOf(rosterFiles)),
});

export default {
  'a school with its roster': { input },
  // The last step is refused: all that was made is undone.
  'a school that comes to nothing': { input, faults: [{ vendor: 'pusher', kind: 'status', status: 403, method: 'POST', path: '*' }] },
} satisfies World;
