import { AppError } from '../errors.ts';

/** The package is no more: its time is over, or somebody took it back. */
export class ExportGoneError extends AppError {
  constructor() {
    super('export-gone', 410, 'This export has expired or was revoked: ask for another.');
  }
}
export class ExportNotReadyError extends AppError {
  constructor() {
    super('export-not-ready', 409, 'This export is still being made: ask again when it is ready.');
  }
}
export class PassphraseShownError extends AppError {
  constructor() {
    super('passphrase-shown', 410, 'The passphrase is shown once, and it was. Whoever has lost it asks for another export.');
  }
}
export class NoPassphraseError extends AppError {
  constructor() {
    super('no-passphrase', 409, "This export is sealed to the person's own key: there is no passphrase.");
  }
}
export class NoSuchRangeError extends AppError {
  constructor(sizeBytes: number) {
    super('no-such-range', 416, `The file has ${sizeBytes} bytes: there is no such part of it.`, { sizeBytes });
  }
}
