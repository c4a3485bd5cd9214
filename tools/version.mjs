/**
 * Whether a version is at least another one. What is no version is not; a pre-release counts as its
 * release, since it has what the release has.
 *
 * @param {string | undefined} version `3.250.0`, `v24.21.0`, `3.251.0-alpha.1`
 * @param {string} least
 * @returns {boolean}
 */
export function atLeast(version, least) {
    const have = numbers(version);
    const want = numbers(least);
    if (!have || !want) return false;
    for (const [index, number] of want.entries()) {
        const mine = have[index] ?? 0;
        if (mine !== number) return mine > number;
    }
    return true;
}

/** @param {string | undefined} version */
function numbers(version) {
    const match = /^v?(\d+)\.(\d+)\.(\d+)(?![\d.])/.exec(version?.trim() ?? "");
    return match?.slice(1).map(Number);
}
