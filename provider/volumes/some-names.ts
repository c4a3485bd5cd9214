import { type Attributes, readAttributesOf } from "./attributes.js";
import type { Touched } from "./change-watch.js";
import type { Manifest } from "./manifest.js";
import { type BytePath, nulSeparated, parentPath } from "./names.js";
import { FindParser, readDevices, wholePathFormat } from "./scan.js";
import { refuseUncarriable, type Session, type SideName } from "./session.js";
import { runTool, type ToolCall, toolFailure } from "./tool.js";

/** Names to look at; true where everything below one is looked at too. With every name the folders above it are in. */
export class NameSet {
    private readonly names = new Map<BytePath, boolean>([["", false]]);

    get size(): number {
        return this.names.size;
    }

    copy(): NameSet {
        const copy = new NameSet();
        for (const [path, below] of this.names) copy.names.set(path, below);
        return copy;
    }

    has(path: BytePath): boolean {
        return this.names.has(path);
    }

    paths(): Iterable<BytePath> {
        return this.names.keys();
    }

    /** The topmost names of those whose insides are looked at. */
    tops(): BytePath[] {
        return [...this.names.keys()].filter((path) => this.names.get(path) && !this.inside(path));
    }

    add(path: BytePath, below = false): void {
        this.names.set(path, below || (this.names.get(path) ?? false));
        for (let above = parentPath(path); above !== undefined; above = parentPath(above)) {
            if (this.names.has(above)) return;
            this.names.set(above, false);
        }
    }

    addAll(touched: Touched | Iterable<readonly [BytePath, boolean]>): void {
        for (const [path, below] of touched) this.add(path, below);
    }

    /** True for what lies below a name whose insides are looked at. */
    inside(path: BytePath): boolean {
        for (let above = parentPath(path); above !== undefined; above = parentPath(above)) {
            if (this.names.get(above)) return true;
        }
        return false;
    }
}

/** One call for names by themselves, one for those with all below. Folders come before what is in them. */
export function listNamesCalls(root: string, names: NameSet): ToolCall[] {
    const prefix = Buffer.from(root, "utf8").toString("latin1");
    const tops = names.tops();
    const topmost = new Set(tops);
    const plain = [...names.paths()].filter((path) => !topmost.has(path) && !names.inside(path));
    const call = (paths: BytePath[], depth: string[]): ToolCall => ({
        argv: [
            ...(["find", "-P", "-files0-from", "-", ...depth, "-xdev"] as const),
            ...(["-printf", wholePathFormat] as const),
        ],
        stdin: nulSeparated(
            paths.sort().map((path) => (path === "" ? prefix : `${prefix}/${path}`)),
        ),
    });
    // With the root first, by whose device others are known; were it itself looked at with all below, it is the only top.
    return [
        ...(plain.length > 0 ? [call(plain, ["-maxdepth", "0"])] : []),
        ...(tops.length > 0 ? [call(tops, [])] : []),
    ];
}

/** What is not there (any more) is no failure here: names are asked for because something happened to them. */
const notThere = /: (No such file or directory|Not a directory)$/;

/** These names of one side as they are now, as a scan has them; what is not there is not in it. */
export async function listNames(
    session: Session,
    side: SideName,
    names: NameSet,
): Promise<Manifest> {
    const { sides, roots, matcher, signal } = session;
    const { runner, now } = sides[side];
    const root = roots[side];
    const prefix = Buffer.from(root, "utf8").toString("latin1");
    const parser = new FindParser(matcher, `${prefix}/`);
    parser.manifest.startedAt = now();
    const started = performance.now();
    for (const call of listNamesCalls(root, names)) {
        const result = await runTool(runner, call, {
            signal,
            onOutput: (chunk) => parser.push(chunk),
            overlook: notThere,
        });
        const unexplained = result.complaints.length > 0 || !result.overlooked;
        if (result.exitCode !== 0 && unexplained)
            throw toolFailure(`some entries of ${root} could not be looked at`, call, result);
    }
    const manifest = parser.end();
    await readDevices(sides[side], manifest);
    manifest.seconds = (performance.now() - started) / 1_000;
    refuseUncarriable(session, side, manifest);
    return manifest;
}

/** The attributes of the entries of such a listing. */
export function attributesOf(
    session: Session,
    side: SideName,
    manifest: Manifest,
): Promise<Attributes> {
    const { sides, roots, signal } = session;
    return readAttributesOf(sides[side].runner, roots[side], manifest.paths, signal);
}
