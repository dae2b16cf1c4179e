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

function drawProgress(titles: Titles): Progress {
  const finish = new Map<string, (ok: boolean) => void>();
  const show = new Map<string, (words: string) => void>();
  const tasks = Object.entries(titles).map(([name, title]) => ({
    title,
    task: (_: unknown, task: { title: string }) =>
      new Promise<void>((resolve, reject) => {
        finish.set(name, (ok) => (ok ? resolve() : reject(new Error(title))));
        show.set(name, (words) => (task.title = `${title}: ${words}`));
      }),
  }));
  const rendererOptions = { showErrorMessage: false, formatOutput: 'truncate' } as const;
  const options = { concurrent: true, exitOnError: false, registerSignalListeners: false, rendererOptions } as const;
  const running = new Listr(tasks, options).run();
  return {
    say(part, words) {
      show.get(part)?.(words);
      if (isEnd(words)) finish.get(part)?.(true);
    },
    async end() {
      for (const finishOne of finish.values()) finishOne(false);
      await running;
    },
  };
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
