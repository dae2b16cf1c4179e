/** A form value as it came: text, a list, or named values. */
export type Raw = string | readonly Raw[] | RawObject;
export interface RawObject {
  readonly [name: string]: Raw;
}
type Node = Map<string, Node | string>;

/** Decodes `items[0][price]=x&metadata[k]=v&expand[]=a`: what the SDKs send, in bodies and in queries. */
export function decodeForm(text: string): RawObject {
  const root: Node = new Map();
  for (const [key, value] of new URLSearchParams(text)) {
    const path = [key.split('[', 1)[0] ?? '', ...[...key.matchAll(/\[([^\]]*)\]/g)].map(([, name = '']) => name)];
    put(root, path, value);
  }
  return toObject(root);
}

function put(node: Node, [name = '', ...rest]: readonly string[], value: string): void {
  const key = name === '' ? String(node.size) : name;
  if (rest.length === 0) {
    node.set(key, value);
    return;
  }
  const known = node.get(key);
  const child: Node = known instanceof Map ? known : new Map();
  node.set(key, child);
  put(child, rest, value);
}

const toObject = (node: Node): RawObject => Object.fromEntries([...node].map(([name, value]) => [name, toRaw(value)]));

function toRaw(value: Node | string): Raw {
  if (typeof value === 'string') return value;
  const isList = [...value.keys()].every((key, index) => key === String(index));
  return isList && value.size > 0 ? [...value.values()].map(toRaw) : toObject(value);
}
