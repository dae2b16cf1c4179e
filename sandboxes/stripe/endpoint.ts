import type { RawObject } from './form.ts';
import { parseParams } from './params.ts';
import type { Params, Shape } from './params.ts';

/** One operation of the API, before it is bound to HTTP. */
export interface Endpoint {
  readonly method: string;
  /** As the vendor's document writes it. */
  readonly path: string;
  /** Checks the parameters (throws StripeFailure: nothing is remembered of such a request) and gives the execution. */
  readonly prepare: (raw: RawObject, ids: Readonly<Record<string, string>>) => () => object;
}

/** @param operation `POST /v1/customers/{customer}`; `run` gets the parameters read by `shape` and the ids of the path. */
export function endpoint<S extends Shape>(
  operation: string,
  shape: S,
  run: (params: Params<S>, ids: { id: string } & Readonly<Record<string, string>>) => object,
): Endpoint {
  const [method = '', path = ''] = operation.split(' ');
  return {
    method,
    path,
    prepare: (raw, ids) => {
      const params = parseParams(shape, raw);
      return () => run(params, { id: Object.values(ids)[0] ?? '', ...ids });
    },
  };
}
