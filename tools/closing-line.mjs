/**
 * A vitest reporter that ends the run with `N passed, N failed` on a line of its own, for programs
 * to read. A file that does not load and an error outside of any test count as one failure each:
 * otherwise they could hide behind "0 failed".
 */
export default class ClosingLine {
    /**
     * @param {ReadonlyArray<import("vitest/node").TestModule>} modules
     * @param {ReadonlyArray<unknown>} unhandled
     */
    onTestRunEnd(modules, unhandled) {
        // At the very end: the summary of the other reporter is written after this call.
        process.once("exit", (code) => {
            process.stdout.write(`${closingLine(modules, unhandled, code)}\n`);
        });
    }
}

/**
 * @param {ReadonlyArray<import("vitest/node").TestModule>} modules
 * @param {ReadonlyArray<unknown>} unhandled
 * @param {number} exitCode
 * @returns {string}
 */
export function closingLine(modules, unhandled, exitCode) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (/** @type {string} */ state) =>
        tests.filter((test) => test.result().state === state).length;
    const broken = modules.reduce((sum, module) => sum + outsideOfTests(module), 0);
    const skipped = count("skipped");
    const failures = count("failed") + broken + unhandled.length;
    // A run that fails before its first test, in a global set-up, has no failure to count.
    const failed = exitCode !== 0 ? Math.max(failures, 1) : failures;
    const rest = skipped > 0 ? `, ${skipped} skipped` : "";
    return `${count("passed")} passed, ${failed} failed${rest}`;
}

/**
 * Errors of a file or of a `describe` around its tests: a failed import or a failed `beforeAll`.
 *
 * @param {import("vitest/node").TestModule} module
 */
function outsideOfTests(module) {
    const suites = [...module.children.allSuites()];
    return [module, ...suites].filter((each) => each.errors().length > 0).length;
}
