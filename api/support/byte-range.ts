/** Which part of a file a client asks for: [start, end]; the whole file when it asks for none, or for several. `null`: there is no such part. */
export function byteRange(header: string, size: number): readonly [number, number] | undefined | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end ? null : [start, end];
}
