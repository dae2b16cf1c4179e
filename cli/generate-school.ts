import { Command, InvalidArgumentError, Option } from 'commander';
import { generateSchool, type SchoolOptions } from './support/generate-school.ts';
import { zipFolder } from './support/zip-folder.ts';

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
};

const options = new Command('npm run generate-school --')
  .description('Writes the roster of an invented school; the same seed gives the same school.')
  .requiredOption('--out <folder>', 'where the CSV files go')
  .option('--users <count>', 'students, teachers, guardians and administrators together', wholeNumber, 500)
  .option('--seed <number>', 'which school', wholeNumber, 1)
  .addOption(new Option('--format <format>', 'of the files').choices(['sds-v2.1', 'one-roster-1.1']).default('sds-v2.1'))
  .option('--zip <file>', 'zip the folder into this file too')
  .parse()
  .opts<SchoolOptions & { zip?: string }>();

const { students, teachers, guardians, admins, classes, enrollments } = await generateSchool(options);
if (options.zip) await zipFolder(options.out, options.zip);
console.log(
  `${students} students, ${teachers} teachers, ${guardians} guardians, ${admins} administrators; ${classes} classes, ${enrollments} enrolments`,
);
console.log(`in ${options.zip ?? options.out}`);
