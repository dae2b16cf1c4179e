import { createHash, randomBytes } from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import type { ExportFormat } from '../../../domain/privacy/export.ts';
import { type Asked, recordKind } from '../../../platform/privacy/collector.ts';
import { seal } from '../../../platform/privacy/package/seal.ts';
import { writePackage } from '../../../platform/privacy/package/write.ts';
import type { Storage } from '../../../platform/storage.ts';

export interface LargePackage {
  readonly records: number;
  /** Of the stored object. */
  readonly storedBytes: number;
  readonly seconds: number;
  /** The most this process held while it was made, and how much more that is than before. */
  readonly peakRssBytes: number;
  readonly grownBytes: number;
  /** Whether the store answers what was sealed. */
  readonly intact: boolean;
}
const recordBytes = 1_000;
const sampleMs = 20;

/** Records of a kilobyte each, half of it random: as many as make so many bytes of JSON. */
const notes = (bytes: number) =>
  recordKind({
    name: 'notes',
    title: 'Notes',
    about: 'Made up.',
    schema: z.object({ id: z.int(), text: z.string() }),
    async *read() {
      const filler = 'Between the idea and the record there is a page of rows. '.repeat(10).slice(0, recordBytes / 2);
      for (let id = 0; id * recordBytes < bytes; id += 1)
        yield { id, text: randomBytes(recordBytes / 4).toString('hex') + filler.slice(String(id).length + 22) };
    },
  });

/** Makes, seals and stores a package of so many bytes of records, each format of it, as the activity does, and watches what memory it takes. */
export async function makeLargePackage(
  storage: Pick<Storage, 'ensureBucket' | 'put' | 'getStream'>,
  bucket: string,
  { bytes, formats }: { readonly bytes: number; readonly formats: readonly ExportFormat[] },
): Promise<LargePackage> {
  await storage.ensureBucket(bucket);
  const to = { recipient: await identityToRecipient(await generateIdentity()) };
  const before = process.memoryUsage.rss();
  let peakRssBytes = before;
  const sampling = setInterval(() => (peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss())), sampleMs);
  const began = performance.now();
  try {
    const asked = { subject: { tenantId: bucket, personId: 'somebody' }, asOf: new Date() } as Asked;
    const collectors = [{ place: 'made up', tables: [], kinds: [notes(bytes)] }];
    const reader = { locale: 'en', timeZone: 'UTC', schoolName: 'Lincoln High' };
    const { zip, totals } = writePackage({ exportId: 'large', asked, formats, collectors, reader });
    const sealed = await seal(zip, to);
    const storedBytes = await storage.put(bucket, 'exports/large', sealed.file);
    const seconds = (performance.now() - began) / 1_000;
    const hash = createHash('sha256');
    for await (const piece of await storage.getStream(bucket, 'exports/large')) hash.update(piece as Buffer);
    const intact = hash.digest('hex') === sealed.sha256();
    return { records: totals().records, storedBytes, seconds, peakRssBytes, grownBytes: peakRssBytes - before, intact };
  } finally {
    clearInterval(sampling);
  }
}
