import pg from 'pg';

const name = pg.escapeIdentifier;

/**
 * What only a superuser can give, in the keyring's own database: the shredder sees which WAL there is and ends it, the backup reads past
 * row security. Neither may write a key. docs/runbooks/keyring.md has the same for a cluster that runs elsewhere.
 */
export async function empowerKeyringRoles(
  run: (sql: string) => PromiseLike<unknown>,
  { shredder, backup }: { readonly shredder: string; readonly backup: string },
): Promise<void> {
  await run(`grant pg_checkpoint, pg_read_all_stats to ${name(shredder)}`);
  await run(`grant execute on function pg_switch_wal(), pg_ls_waldir() to ${name(shredder)}`);
  await run(`alter role ${name(backup)} bypassrls`);
  await run(`grant pg_read_all_data to ${name(backup)}`);
}
