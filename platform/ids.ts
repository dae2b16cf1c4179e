import { v7, validate } from 'uuid';

/** A new id: UUIDv7, made by the application so that a retry can bring the same id. Sorts by time; its 74 random bits cannot be guessed. */
export const newId = (): string => v7();

/** Whether a value is an id in the form the platform writes: a UUID in lower case. */
export const isId = (value: unknown): value is string => typeof value === 'string' && validate(value) && value === value.toLowerCase();
