#!/usr/bin/env node
// `npx toolbox`: from the source through tsx, from dist/ (where the build copies this file) as it is.
import { existsSync } from 'node:fs';

if (existsSync(new URL('toolbox.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./toolbox.ts');
} else {
  await import('./toolbox.js');
}
