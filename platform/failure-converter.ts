import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Failures with their words and stack inside a payload, where the codec seals them; in their place stands "Encoded failure". The SDK
 * loads this by its path, on the main thread and inside the workflows' sandbox.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
