import type { SimulationInput, SimulationResult } from '../activities/dunning-simulation.ts';
import type { ProcessInput } from '../domain/run.ts';

export type SimulateDunningInput = ProcessInput<Omit<SimulationInput, 'tenantId'>>;
export type SimulateDunningResult = SimulationResult;
