#!/usr/bin/env node
// `npx toolbox`: from the source through tsx, else what was compiled, beside this file (the build copies it) or in dist/.
import { existsSync } from 'node:fs';

if (existsSync(new URL('toolbox.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./toolbox.ts');
} else {
  const compiled = ['toolbox.js', '../dist/cli/toolbox.js'].map((path) => new URL(path, import.meta.url));
  const found = compiled.find((url) => existsSync(url));
  if (!found) throw new Error('There is neither source nor dist/: type `npm run build`.');
  await import(found.href);
}
