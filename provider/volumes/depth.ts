import { CutoverError } from "../engine/errors.js";
import type { Manifest } from "./manifest.js";
import type { Matcher } from "./matcher.js";
import { type BytePath, escapeName } from "./names.js";

/** rsync from 3.4.2 on gives up below about 1,020 folders ("Cannot allocate memory"): it holds one descriptor for each. */
const deepest = 900;

/**
 * Cuts what rsync cannot reach off a list: it is carried by cp, whole subtrees from this depth on. Such trees are made by
 * accidents, so that it may cost more.
 */
export function cutDeep(
    source: Manifest,
    entries: readonly number[],
    matcher: Matcher,
): { shallow: readonly number[]; tops: number[] } {
    // A level takes two bytes at least: most paths need no look at all.
    if (!entries.some((at) => source.path(at).length >= deepest * 2))
        return { shallow: entries, tops: [] };
    const shallow: number[] = [];
    const tops = new Set<number>();
    for (const at of entries) {
        const top = deepTop(source.path(at));
        if (top === undefined) shallow.push(at);
        else tops.add(source.find(top) as number);
    }
    const left = source.excluded.find((path) => deepTop(path) !== undefined);
    if (tops.size > 0 && (matcher.limited || left !== undefined)) {
        throw new CutoverError(
            `include and exclude do not reach below ${deepest} folders: ${escapeName((left ?? source.path([...tops][0] as number)).slice(0, 60))}...`,
            { next: "take or exclude a folder further up" },
        );
    }
    return { shallow, tops: [...tops] };
}

function deepTop(path: BytePath): BytePath | undefined {
    if (path.length < deepest * 2) return undefined;
    let end = -1;
    for (let level = 0; level < deepest; level++) {
        end = path.indexOf("/", end + 1);
        if (end < 0) return undefined;
    }
    return path.slice(0, end);
}
