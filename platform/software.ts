import { existsSync, readFileSync } from 'node:fs';

/** The nearest package.json above: of the checkout, of dist/'s, of a build somewhere in it. */
function findPackage(folder: URL): URL {
  const file = new URL('package.json', folder);
  if (existsSync(file)) return file;
  const above = new URL('../', folder);
  if (above.href === folder.href) throw new Error('There is no package.json to tell the version by.');
  return findPackage(above);
}

/** The name and version of what runs. Throws when there is no package.json: a statement about the software must not be made up. */
export function readSoftware(): { readonly name: string; readonly version: string } {
  const { name, version } = JSON.parse(readFileSync(findPackage(new URL('./', import.meta.url)), 'utf8')) as {
    name: string;
    version: string;
  };
  return { name, version };
}
