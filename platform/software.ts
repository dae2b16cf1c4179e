import { existsSync, readFileSync } from 'node:fs';

/** package.json, seen from platform/ and from dist/platform/. */
const places = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));

/** The name and version of what runs. Throws when there is no package.json: a statement about the software must not be made up. */
export function readSoftware(): { readonly name: string; readonly version: string } {
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error('There is no package.json to tell the version by.');
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
  return { name, version };
}
