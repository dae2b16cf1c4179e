import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter, PayloadCodec } from '@temporalio/common';

/** Where the SDK finds the failure converter: clients, workers and the workflows' bundle load it by this path. */
export const failureConverterPath = fileURLToPath(new URL(`../failure-converter${extname(import.meta.url)}`, import.meta.url));

/** How clients and workers tell Temporal anything: sealed by `codec`, failures too. */
export const dataConverterOf = (codec: PayloadCodec): DataConverter => ({ failureConverterPath, payloadCodecs: [codec] });
