export * from '../../workflows/index.ts';
export * from '../workflows/support/fixtures.ts';
export * from '../workflows/support/bare-collection.ts';
