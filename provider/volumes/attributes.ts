import type { CommandRunner } from "../platforms/commands.js";
import { type BytePath, nulSeparated } from "./names.js";
import { runTool, type ToolCall, toolFailure } from "./tool.js";

/**
 * Extended attributes by path: one line per attribute, `name=0x…`, sorted. File capabilities (`security.capability`),
 * ACLs (`system.posix_acl_access` and `…_default`, numeric ids inside) and `trusted.*` are among them; entries without
 * any are left out.
 */
export type Attributes = Map<BytePath, string>;

/** A label belongs to the machine's policy and not to the data: SELinux sets its own in the destination. */
const machineOwned = "security.selinux=";

/** Every attribute of every entry of one side, links themselves and not what they point to. */
export function getfattrCall(root: string): ToolCall {
    return {
        argv: [
            ...(["getfattr", "-R", "-P", "-h", "-d"] as const),
            ...(["-m", "-", "-e", "hex", "--absolute-names", "--", root] as const),
        ],
    };
}

/** The same of some entries alone; `xargs` makes several calls of many names. */
function getfattrNamesCall(root: string, paths: readonly BytePath[]): ToolCall {
    const prefix = Buffer.from(root, "utf8").toString("latin1");
    return {
        argv: [
            ...(["xargs", "-0", "-r", "getfattr", "-h", "-d"] as const),
            ...(["-m", "-", "-e", "hex", "--absolute-names", "--"] as const),
        ],
        stdin: nulSeparated(paths.map((path) => (path === "" ? prefix : `${prefix}/${path}`))),
    };
}

/** Reads the attributes of these entries of a side; one that is not there is an error. */
export function readAttributesOf(
    runner: CommandRunner,
    root: string,
    paths: readonly BytePath[],
    signal: AbortSignal,
): Promise<Attributes> {
    return collect(runner, root, getfattrNamesCall(root, paths), signal);
}

/** Reads the attributes of a side. `trusted.*` is seen only with CAP_SYS_ADMIN. `live`: what vanishes meanwhile is no failure. */
export function readAttributes(
    runner: CommandRunner,
    root: string,
    signal?: AbortSignal,
    live = false,
): Promise<Attributes> {
    return collect(runner, root, getfattrCall(root), signal, live);
}

/** What went while the source was written to: nothing to fail on then. */
const vanished = /: (No such file or directory|Not a directory|No data available)$/;

async function collect(
    runner: CommandRunner,
    root: string,
    call: ToolCall,
    signal: AbortSignal | undefined,
    live = false,
): Promise<Attributes> {
    const parser = new GetfattrParser(root);
    const result = await runTool(runner, call, {
        ...(signal ? { signal } : {}),
        onOutput: (chunk) => parser.push(chunk),
        ...(live ? { overlook: vanished } : {}),
    });
    const onlyVanished = (result.overlooked ?? 0) > 0 && result.complaints.length === 0;
    if (result.exitCode !== 0 && !onlyVanished)
        throw toolFailure(`the attributes of ${root} could not be read`, call, result);
    return parser.end();
}

/** Reads getfattr's output: a `# file:` line, its attributes, an empty line. Newlines in names come as `\012`. */
export class GetfattrParser {
    readonly attributes: Attributes = new Map();
    private readonly prefix: string;
    private rest = "";
    private path: BytePath | undefined;
    private lines: string[] = [];

    constructor(root: string) {
        this.prefix = Buffer.from(root, "utf8").toString("latin1");
    }

    push(chunk: Buffer): void {
        const lines = (this.rest + chunk.toString("latin1")).split("\n");
        this.rest = lines.pop() as string;
        for (const line of lines) this.line(line);
    }

    end(): Attributes {
        this.line(this.rest);
        this.line("");
        return this.attributes;
    }

    private line(line: string): void {
        if (line.startsWith("# file: ")) this.path = this.relative(unescapeOctal(line.slice(8)));
        else if (line !== "") {
            if (!line.startsWith(machineOwned)) this.lines.push(line);
        } else {
            if (this.path !== undefined && this.lines.length)
                this.attributes.set(this.path, this.lines.sort().join("\n"));
            this.path = undefined;
            this.lines = [];
        }
    }

    private relative(path: string): BytePath {
        if (path === this.prefix) return "";
        if (!path.startsWith(`${this.prefix}/`))
            throw new Error("getfattr names an entry outside of the root");
        return path.slice(this.prefix.length + 1);
    }
}

/** getfattr writes newline, carriage return and backslash in names as three octal digits. */
export function unescapeOctal(text: string): string {
    if (!text.includes("\\")) return text;
    return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
    );
}
