import type { z } from 'zod';
import type { ExportMade } from '../activities/privacy-exports.ts';
import type { ProcessInput } from '../domain/run.ts';
import type exportSubject from '../processes/export-subject.ts';

export type ExportSubjectInput = ProcessInput<z.infer<(typeof exportSubject)['input']>>;
export type ExportSubjectResult = ExportMade;
