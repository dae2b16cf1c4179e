import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { asFailure } from './failures.ts';

export interface Taking<Input> {
  /** Whether the run takes the message now. Left out: as long as the run goes. */
  readonly when?: () => boolean;
  /** What to say to whom it is not taken from, when there is more to say than that. */
  readonly otherwise?: () => string;
  /** Why this input is refused, in words without personal data; undefined lets it in. Synchronous: Temporal does not wait here. */
  readonly refuse?: (input: Input) => string | undefined;
}

export interface Inbox {
  /** A message with an answer. `handle` may act; its failure is the sender's answer and does not end the run. */
  readonly onUpdate: <Result, Input>(
    definition: UpdateDefinition<Result, [Input]>,
    handle: (input: Input) => Promise<Result> | Result,
    taking?: Taking<Input>,
  ) => void;
  /** A message without an answer: one that comes when it is not taken, or is refused, changes nothing. */
  readonly onSignal: <Input>(definition: SignalDefinition<[Input]>, handle: (input: Input) => void, taking?: Taking<Input>) => void;
}

/** The messages of one run. Register before the first await, or a message may find nobody. */
export function createInbox(changed: () => void): Inbox & { takes(): readonly string[]; close(): void } {
  const open = new Map<string, () => boolean>();
  let closed = false;
  const taken = (name: string): boolean => !closed && (open.get(name)?.() ?? false);

  const reasonAgainst = <Input>(name: string, input: Input, { refuse, otherwise }: Taking<Input>): string | undefined =>
    taken(name) ? refuse?.(input) : (otherwise?.() ?? 'The run does not take this message now.');

  return {
    onUpdate(definition, handle, taking = {}) {
      open.set(definition.name, taking.when ?? (() => true));
      const validator = (input: Parameters<typeof handle>[0]): void => {
        const reason = reasonAgainst(definition.name, input, taking);
        if (reason !== undefined) throw ApplicationFailure.nonRetryable(reason, 'message-refused');
      };
      const answer = async (input: Parameters<typeof handle>[0]) => {
        try {
          return await handle(input);
        } catch (error) {
          throw asFailure(error);
        } finally {
          changed();
        }
      };
      setHandler(definition, answer, { validator });
    },
    onSignal(definition, handle, taking = {}) {
      open.set(definition.name, taking.when ?? (() => true));
      setHandler(definition, (input) => {
        if (reasonAgainst(definition.name, input, taking) !== undefined) return;
        try {
          handle(input);
        } catch (error) {
          // Nobody waits for a signal's answer, and its failure would end the run without undoing anything.
          log.error('A signal could not be handled', { signal: definition.name, error });
        }
        changed();
      });
    },
    takes: () => [...open.keys()].filter(taken),
    close: () => {
      closed = true;
    },
  };
}
