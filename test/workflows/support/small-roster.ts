import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** What people of the small roster are called and where they are reached: none of it may be found in clear anywhere. */
export const rosterWords = [
  'Hopperish',
  'Turingson',
  'grace.hopperish@lincoln.example',
  'alan.turingson@lincoln.example',
  'Kidwell',
  'kidwell0',
  'Tr0ub4dor',
];

const lines = (...rows: string[]): string => `${rows.join('\r\n')}\r\n`;
export const rosterFiles = {
  'orgs.csv': lines('sourcedId,name,type,parentSourcedId', 'o1,Lincoln High,school,'),
  'users.csv': lines(
    'sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade,email',
    't1,o1,Grace,Hopperish,ghopper,Tr0ub4dor,Teacher,,grace.hopperish@lincoln.example',
    't2,o1,Alan,Turingson,aturing,Tr0ub4dor,Teacher,,alan.turingson@lincoln.example',
    ...Array.from({ length: 20 }, (_, index) => `s${index},o1,Kim,Kidwell,kidwell${index},Tr0ub4dor,Student,6,`),
    's99,o1,No,Role,norole,Tr0ub4dor,Wizard,6,',
  ),
  'classes.csv': lines('sourcedId,orgSourcedId,title', 'c1,o1,Algebra'),
  'enrollments.csv': lines(
    'classSourcedId,userSourcedId,role',
    'c1,t1,Teacher',
    ...Array.from({ length: 20 }, (_, index) => `c1,s${index},Student`),
  ),
};

export async function zipOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}
