import { readdirSync } from 'node:fs';
import { Model, type ModelClass } from 'objection';
import type { PiiType } from '../../domain/pii.ts';

/** Columns of personal data: each holds an envelope of platform/pii.ts, never plain text. `sealed_document` is a JSON of several kinds. */
export type PiiColumns = Readonly<Record<string, PiiType | 'sealed_document'>>;

/** A model as an auditor reads it: every column that can hold words is declared as personal or named as harmless. */
export interface DeclaredModel extends ModelClass<Model> {
  readonly pii?: PiiColumns;
  readonly harmless?: readonly string[];
  /** All of its table's, for what reads them by name (platform/row-reader.ts). */
  readonly columns?: readonly string[];
}

const isModel = (value: unknown): value is DeclaredModel => typeof value === 'function' && value.prototype instanceof Model;

/** Every model of this folder, of both clusters. Nothing lists them by hand. */
export async function loadModels(): Promise<readonly DeclaredModel[]> {
  const folder = new URL('./', import.meta.url);
  const files = readdirSync(folder).filter((file) => /^(?!all\.).*(?<!\.d)\.(ts|js)$/.test(file));
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>));
  return modules.flatMap((module) => Object.values(module).filter(isModel));
}
