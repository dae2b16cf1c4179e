import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import yazl from 'yazl';
import { planSchool } from '../../cli/support/plan-school.ts';
import { sdsFiles } from '../../cli/support/sds-files.ts';
import type { ArchiveSource } from '../../platform/roster/archive.ts';
import { openRoster, type RosterSource } from '../../platform/roster/source.ts';

export type Files = Readonly<Record<string, string | Buffer>>;

/** A zip of these files, in memory. */
export async function zipOf(files: Files): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name, { mtime: new Date('2026-01-01') });
  zip.end();
  return buffer(zip.outputStream as Readable);
}

export const archiveOf = (zip: Buffer): ArchiveSource => ({
  size: zip.length,
  stream: (start, end) => Readable.from([zip.subarray(start, end)]),
});
export const rosterOf = async (files: Files): Promise<RosterSource> => openRoster(archiveOf(await zipOf(files)));

/** Lines of a CSV file as Windows programs write them. */
export const csv = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** Small rosters in each format: two schools' worth of rows that mean the same. Passwords are in them to be dropped. */
export const small = {
  v1: {
    'School.csv': csv('SIS ID,Name', '10,Contoso High'),
    'Student.csv': csv(
      'SIS ID,School SIS ID,First Name,Last Name,Username,Password,Secondary Email,Student Number,Middle Name,Grade,Status,Birthdate',
      '1,10,Ora,Klein,OKlein,hunter2-A,,N1,Christopher,9,Active,4/2/2000',
      '2,10,Zoë,"O\'Brien, jr.",ZOBrien,hunter2-B,,N2,,10,Active,12/31/1999',
    ),
    'Teacher.csv': csv('SIS ID,School SIS ID,First Name,Last Name,Username,Password,Status', '3,10,Craig,Beane,CBeane,hunter2-C,Active'),
    'Section.csv': csv('SIS ID,School SIS ID,Section Name,Course Subject', '100,10,Algebra 1,Math'),
    'StudentEnrollment.csv': csv('Section SIS ID,SIS ID', '100,1', '100,2'),
    'TeacherRoster.csv': csv('Section SIS ID,SIS ID', '100,3'),
    'User.csv': csv('Email,First Name,Last Name,Phone', 'Jean@Families.example,Jean,Klein,+15550001'),
    'Guardianrelationship.csv': csv('SIS ID,Email,Role', '1,jean@families.example,Parent'),
  },
  v2: {
    'orgs.csv': csv('sourcedId,name,type,parentSourcedId', '10,Contoso High,school,'),
    'users.csv': csv(
      'sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade',
      '1,10,Ora,Klein,oklein@school.example,hunter2-A,Student,9',
      '2,10,Zoë,"O\'Brien, jr.",zobrien@school.example,hunter2-B,student,PS1',
      '3,10,Craig,Beane,cbeane@school.example,hunter2-C,Professor,',
    ),
    'classes.csv': csv('sourcedId,orgSourcedId,title', '100,10,Algebra 1'),
    'enrollments.csv': csv('classSourcedId,userSourcedId,role', '100,1,Student', '100,2,Student', '100,3,Lecturer'),
  },
  v21: {
    'orgs.csv': csv('sourcedId,name,type,parentSourcedId', '9,Ministry,ministryOfEducation,', '10,Contoso High,school,9'),
    'users.csv': csv(
      'sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms',
      '1,oklein@school.example,Ora,Klein,hunter2-A,,,,',
      '2,zobrien@school.example,Zoë,"O\'Brien, jr.",hunter2-B,,,,',
      '3,cbeane@school.example,Craig,Beane,hunter2-C,,,,',
      '4,jean@families.example,Jean,Klein,hunter2-D,,jean@families.example,+15550001,+15550001',
    ),
    'roles.csv': csv(
      'userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary',
      '1,10,student,SY,9,TRUE',
      '2,10,student,SY,10,TRUE',
      '3,10,teacher,SY,9,TRUE',
      '3,9,teacher,SY,9,FALSE',
    ),
    'classes.csv': csv('sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId', '100,10,Algebra 1,SY,C1'),
    'courses.csv': csv('sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade', 'C1,10,Algebra,A1,SY,Math,9'),
    'enrollments.csv': csv('classSourcedId,userSourcedId,role', '100,1,student', '100,2,student', '100,3,teacher'),
    'relationships.csv': csv('userSourcedId,relationshipUserSourcedId,relationshipRole', '1,4,guardian'),
    'demographics.csv': csv('userSourcedId,sex,birthDate', '1,female,2000-04-02', '2,,1999-12-31'),
  },
  oneRoster: {
    'manifest.csv': csv('propertyName,value', 'oneroster.version,1.1', 'file.users,bulk'),
    'orgs.csv': csv('sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId', '10,,,Contoso High,school,,'),
    'users.csv': csv(
      'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password',
      '1,,,true,10,student,oklein,,Ora,Klein,Christopher,N1,,,,"4,5",09,hunter2-A',
      '2,active,,true,10,student,zobrien,,Zoë,"O\'Brien, jr.",,N2,,,,,10,hunter2-B',
      '3,,,true,"10,11",teacher,cbeane,,Craig,Beane,,,cbeane@school.example,,,,,hunter2-C',
      '4,,,true,10,parent,jklein,,Jean,Klein,,,jean@families.example,,+15550001,1,,hunter2-D',
      '5,,,true,10,guardian,pklein,,Pat,Klein,,,,,,,,hunter2-E',
      '6,tobedeleted,,true,10,student,gone,,Gone,Away,,,,,,,09,hunter2-F',
    ),
    'classes.csv': csv(
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
      '100,,,Algebra 1,09,C1,A1,scheduled,,10,SY,Math,,1',
    ),
    'enrollments.csv': csv(
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
      'e1,,,100,10,1,student,false,,',
      'e2,,,100,10,2,student,false,,',
      'e3,,,100,10,3,teacher,true,,',
      'e4,tobedeleted,,100,10,6,student,false,,',
    ),
    'demographics.csv': csv('sourcedId,status,dateLastModified,birthDate,sex', '1,,,2000-04-02,', '2,,,1999-12-31,'),
  },
} as const satisfies Record<string, Files>;

/** The roster of an invented school of so many people, in the format of School Data Sync v2.1. */
export const generatedSchool = (users: number): Files =>
  Object.fromEntries(Object.entries(sdsFiles(planSchool(users, 1))).map(([name, rows]) => [name, stringify([...rows()] as string[][])]));
