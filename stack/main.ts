import { program } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openHome, projectRoot } from './home.ts';
import { showProgress } from './progress.ts';
import { startStack, titles, type Stack } from './stack.ts';
import { StackError } from './stack-error.ts';
import { summarise } from './summary.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes Ctrl-C on to a process that had it from the terminal already: only a later one is a second one. */
const sameSignalMs = 1_000;

const fail = (error: unknown): void => {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
};

/** `ended` resolves when the stack has been told to stop and has; `begun` is aborted when it is told. */
function untilStopped(stack: Stack): { readonly begun: AbortSignal; readonly ended: Promise<void> } {
  const begun = new AbortController();
  let at = 0;
  const ended = new Promise<void>((resolve, reject) => {
    const halt = (why: string): void => {
      const again = begun.signal.aborted;
      if (again && Date.now() - at < sameSignalMs) return;
      at = Date.now();
      begun.abort();
      console.log(again ? `Killing what is left (${why}).` : `Stopping (${why}).`);
      stack.stop(again).then(resolve, reject);
    };
    for (const signal of signals) process.on(signal, halt);
    // A bug of ours must not leave servers behind that nobody watches.
    process.on('uncaughtException', (error) => {
      console.error(error);
      process.exitCode = 1;
      halt('a bug, see above');
    });
  });
  return { begun: begun.signal, ended };
}

async function run(serversOnly: boolean): Promise<void> {
  const home = openHome();
  const progress = showProgress(titles(serversOnly));
  const stack = startStack({ home, env: process.env, serversOnly, say: progress.say, tell: (line) => console.error(line) });
  const { begun, ended } = untilStopped(stack);
  try {
    const description = await stack.up;
    await progress.end();
    console.log(summarise(description, home.dir));
  } catch (error) {
    await progress.end();
    if (!begun.aborted) {
      fail(error);
      await stack.stop();
      return;
    }
  }
  await ended;
}

const ownSettings = join(projectRoot, '.env');
if (existsSync(ownSettings)) process.loadEnvFile(ownSettings);

program
  .name('npm start --')
  .description('Starts the platform and everything it stands on, and stops it all when it is told to stop.')
  .option('--servers-only', 'start the servers and the vendor sandboxes; neither set-up, worker nor API')
  .action(({ serversOnly = false }: { serversOnly?: boolean }) => run(serversOnly).catch(fail));
await program.parseAsync();
// What is still under way here (a download, a timer) is of no use any more.
process.exit();
