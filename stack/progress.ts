import { Listr } from 'listr2';

export interface Progress {
  say(part: string, words: string): void;
  /** Whatever is not ready yet is shown as not done. Resolves when the last line is drawn. */
  end(): Promise<void>;
}
type Titles = Readonly<Record<string, string>>;

const isEnd = (words: string): boolean => ['ready', 'elsewhere', 'done'].includes(words);

/** Shows one line a part while they come up, all at once. @param titles by the names `say` uses */
export const showProgress = (titles: Titles): Progress => (process.stdout.isTTY ? drawProgress(titles) : printProgress(titles));

/** As `showProgress` on a terminal; silent elsewhere. */
export function drawProgress(titles: Titles): Progress {
  const show = new Map<string, (words: string) => void>();
  const words = new Map<string, string>();
  // Made before the list is drawn: a part may be ready, or the stack told to stop, sooner than that.
  const ends = new Map(Object.keys(titles).map((name) => [name, deferred()]));
  const tasks = Object.entries(titles).map(([name, title]) => ({
    title,
    task: async (_: unknown, task: { title: string }) => {
      show.set(name, (said) => (task.title = `${title}: ${said}`));
      show.get(name)?.(words.get(name) ?? 'waiting');
      if (!(await ends.get(name)?.promise)) throw new Error(title);
    },
  }));
  const rendererOptions = { showErrorMessage: false, formatOutput: 'truncate' } as const;
  const options = {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    fallbackRenderer: 'silent',
    rendererOptions,
  } as const;
  const running = new Listr(tasks, options).run();
  return {
    say(part, said) {
      words.set(part, said);
      show.get(part)?.(said);
      if (isEnd(said)) ends.get(part)?.resolve(true);
    },
    async end() {
      for (const { resolve } of ends.values()) resolve(false);
      await running;
    },
  };
}

function deferred(): { readonly promise: Promise<boolean>; resolve(ok: boolean): void } {
  let resolve: (ok: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((settle) => (resolve = settle));
  return { promise, resolve: (ok) => resolve(ok) };
}

/** Where nothing can be redrawn: a line when a part begins to be fetched and one when it is there. */
function printProgress(titles: Titles): Progress {
  const fetching = new Set<string>();
  return {
    say(part, words) {
      const first = words.startsWith('fetching') && !fetching.has(part);
      if (first) fetching.add(part);
      if (first || isEnd(words)) console.log(`${titles[part] ?? part}: ${first ? 'fetching' : words}`);
    },
    end: async () => undefined,
  };
}
