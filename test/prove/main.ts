import { program } from 'commander';
import { needPostgresPrograms } from './backups.ts';
import { plantEverywhere } from './plant-everywhere.ts';
import { withPlatform } from './platform.ts';
import { proveErasure } from './prove-erasure.ts';

program
  .name('npm run prove:erasure --')
  .description(
    'Proof of absence: a person with unique marks in every kind of personal data uses a platform of its own by the public API and is erased. Every byte the platform has on its disks is searched before and after, in every encoding, and what stores compress or seal is unpacked first; every key that is left is tried on all that was sealed of the person.',
  )
  .option('--plant', 'leaves a mark in each store instead, in every way something may be left there, and finds it')
  .addHelpText('after', '\nExit codes: 0 nothing was found (or, of what was planted, everything), 1 otherwise.')
  .action(async ({ plant }: { plant?: true }) => {
    const tell = (line: string): void => console.error(line);
    await needPostgresPrograms();
    const ok = await withPlatform(
      { LOG_LEVEL: 'trace' },
      (platform) => (plant ? plantEverywhere(platform) : proveErasure(platform, tell)),
      tell,
    );
    process.exitCode = ok ? 0 : 1;
  });
await program.parseAsync();
