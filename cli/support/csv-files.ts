export type Cells = readonly (string | number)[];
/** A file's rows by its name, the header first. */
export type CsvFiles = Readonly<Record<string, () => Iterable<Cells>>>;
