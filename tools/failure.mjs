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
 * Prints a failure on stderr and sets the exit code.
 *
 * @param {unknown} error
 */
export function reportFailure(error) {
    if (error instanceof SetupFailure) {
        process.stderr.write(`set-up failed: ${error.message}\n${error.next}\n`);
    } else {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    }
    process.exitCode = 1;
}
