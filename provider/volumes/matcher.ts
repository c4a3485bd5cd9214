import type { BytePath } from "./names.js";

/**
 * Which entries belong to a migration. The one matcher behind both the copy and the proof, so that the two can never
 * disagree.
 *
 * Patterns, matched against the path below the root:
 * - `*` is anything within one name, `?` is one byte of a name, `**` is anything, across folders; a whole part
 *   `**` stands for any number of folders, none included (`/a/**` + `/b` matches `a/b` too)
 * - a leading `/` anchors at the root; without it the pattern fits the end of a path at any depth
 *   (`cache` fits `cache` and `a/cache`; `a/b` fits `x/a/b`)
 * - a trailing `/` fits directories only
 * - `\` takes the next character as it is; `[` has to be written `\[`
 *
 * A directory that fits takes everything below it along. `exclude` wins over `include`. When `include` is given, only
 * what fits is carried, with the directories above it. What is excluded and exists in the destination is left alone,
 * and not compared.
 */
export interface Matcher {
    /** False where every entry is in: spares the work. */
    readonly active: boolean;
    /** True when an exclude pattern fits this very entry (not one above it). */
    excluded(path: BytePath, directory: boolean): boolean;
    /** True when an include pattern fits this very entry, or there is none at all. */
    included(path: BytePath, directory: boolean): boolean;
    /** True when `include` limits what is carried. */
    readonly limited: boolean;
}

/** Why a pattern cannot be used, and what to write instead; undefined when it can. */
export function patternProblem(pattern: string): string | undefined {
    if (pattern === "" || pattern === "/") return "is empty; leave it out to take everything";
    if (pattern.includes("\0")) return "holds a NUL character, which no name can hold";
    if (/(^|[^\\])(\\\\)*\\$/.test(pattern))
        return "ends in a lone backslash; write \\\\ for a backslash";
    if (/(^|\/)\.{1,2}(\/|$)/.test(pattern))
        return "holds a part . or ..; write the path from the volume's root";
    if (pattern.slice(1).includes("//")) return "holds an empty part //; write one slash";
    for (let at = 0; at < pattern.length; at++) {
        if (pattern[at] === "\\") at++;
        else if (pattern[at] === "[")
            return "has a character class, which is not supported; write \\[ for a bracket";
    }
    return undefined;
}

/** Compiles the patterns. @throws an Error on a pattern that `patternProblem` refuses. */
export function createMatcher(
    include: readonly string[] = [],
    exclude: readonly string[] = [],
): Matcher {
    const includes = include.map(compile);
    const excludes = exclude.map(compile);
    const fits = (patterns: Pattern[], path: BytePath, directory: boolean) =>
        patterns.some((pattern) => (directory || !pattern.directoryOnly) && matches(pattern, path));
    return {
        active: includes.length + excludes.length > 0,
        limited: includes.length > 0,
        excluded: (path, directory) => path !== "" && fits(excludes, path, directory),
        included: (path, directory) => includes.length === 0 || fits(includes, path, directory),
    };
}

/** Wildcards as numbers beyond any byte; a byte stands for itself. */
const one = 256;
const star = 257;
const anything = 258;
/** `**` + `/`: any number of whole folders. */
const folders = 259;
const slash = 0x2f;

interface Pattern {
    tokens: readonly number[];
    anchored: boolean;
    directoryOnly: boolean;
}

function compile(pattern: string): Pattern {
    const problem = patternProblem(pattern);
    if (problem) throw new Error(`pattern ${JSON.stringify(pattern)} ${problem}`);
    // Paths are byte strings: the pattern's UTF-8 bytes are what its letters stand for.
    let rest = Buffer.from(pattern, "utf8").toString("latin1");
    const directoryOnly = rest.endsWith("/");
    if (directoryOnly) rest = rest.slice(0, -1);
    const anchored = rest.startsWith("/");
    if (anchored) rest = rest.slice(1);
    return { tokens: tokenize(rest), anchored, directoryOnly };
}

function tokenize(glob: string): number[] {
    const tokens: number[] = [];
    for (let at = 0; at < glob.length; at++) {
        const startsPart = at === 0 || glob[at - 1] === "/";
        if (startsPart && glob.startsWith("**/", at)) {
            tokens.push(folders);
            at += 2;
        } else if (glob.startsWith("**", at)) {
            tokens.push(anything);
            while (glob[at + 1] === "*") at++;
        } else if (glob[at] === "*") tokens.push(star);
        else if (glob[at] === "?") tokens.push(one);
        else {
            if (glob[at] === "\\") at++;
            tokens.push(glob.charCodeAt(at));
        }
    }
    return tokens;
}

/**
 * Walks all ways through the pattern at once, so that no pattern takes longer than its length times the path's: as a
 * regular expression, a handful of stars on a long name would run for years.
 */
function matches({ tokens, anchored }: Pattern, path: BytePath): boolean {
    let active = new Uint8Array(tokens.length + 1);
    let next = new Uint8Array(tokens.length + 1);
    enter(tokens, active, 0);
    for (let at = 0; at < path.length; at++) {
        const byte = path.charCodeAt(at);
        next.fill(0);
        for (let state = 0; state < tokens.length; state++) {
            if (active[state]) step(tokens, next, state, byte);
        }
        if (!anchored && byte === slash) enter(tokens, next, 0);
        [active, next] = [next, active];
    }
    return active[tokens.length] === 1;
}

/** Arrives at a token; what may stand for nothing is passed at once. */
function enter(tokens: readonly number[], states: Uint8Array, state: number): void {
    states[state] = 1;
    const token = tokens[state];
    if (token === star || token === anything || token === folders) enter(tokens, states, state + 1);
}

function step(tokens: readonly number[], next: Uint8Array, state: number, byte: number): void {
    const token = tokens[state];
    if (token === byte || (token === one && byte !== slash)) enter(tokens, next, state + 1);
    else if (token === anything || (token === star && byte !== slash)) enter(tokens, next, state);
    else if (token === folders) {
        next[state] = 1;
        if (byte === slash) enter(tokens, next, state + 1);
    }
}
