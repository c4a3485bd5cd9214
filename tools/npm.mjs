/**
 * The arguments of an install from the lock file. The level is given because `npm run -s` hands
 * "silent" down to every npm below it, and a failure would then say nothing at all.
 *
 * @param {string[]} more
 * @returns {string[]}
 */
export function npmCi(...more) {
    return ["ci", "--loglevel=error", "--no-audit", "--no-fund", ...more];
}
