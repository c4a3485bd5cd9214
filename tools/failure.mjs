import { CommandFailure } from "./command.mjs";

/**
 * A set-up that cannot go on: one sentence that says what is wrong, one that says what to do.
 * It is printed without a stack, since the reader can mend it.
 */
export class SetupFailure extends Error {
    /**
     * @param {string} message what is wrong
     * @param {string} next what to do about it
     */
    constructor(message, next) {
        super(message);
        this.name = "SetupFailure";
        this.next = next;
    }
}

/**
 * @param {unknown} error
 * @returns {string} with a stack only where the fault is ours
 */
export function describeFailure(error) {
    if (error instanceof SetupFailure) return `set-up failed: ${error.message}\n${error.next}`;
    if (error instanceof CommandFailure) return `set-up failed: ${error.message}`;
    return error instanceof Error && error.stack ? error.stack : String(error);
}

/**
 * Prints a failure on stderr and sets the exit code.
 *
 * @param {unknown} error
 */
export function reportFailure(error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
}
