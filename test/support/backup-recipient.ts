/** A recipient of age whose identity nobody has. */
export const backupRecipient = 'age1l2atwshmye76y629cwx9h70qdmls7zzewkvyqe30rt9xq8gclqwsas3h94';
