/** What a person can act on: its message is one line and is all they see, no stack trace. */
export class StackError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StackError';
  }
}
