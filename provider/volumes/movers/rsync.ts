import type { Manifest } from "../manifest.js";
import { nulSeparated } from "../names.js";
import type { ToolCall } from "../tool.js";

/**
 * rsync for exactly these entries. `--modify-window=-1` compares times to the nanosecond (by default two times within one
 * second are equal), `--numeric-ids` keeps it from mapping owners by name. It deletes nothing: the plan does. `-S` only
 * where holes are: it is slow, and would turn written zeros into holes.
 */
export function rsyncCall(
    from: RsyncSource,
    target: string,
    manifest: Manifest,
    entries: readonly number[],
    options: { live: boolean; sparse: boolean; foldersOnly?: boolean },
): ToolCall {
    return {
        argv: [
            ...([
                "rsync",
                options.sparse ? "-aHAXS" : "-aHAX",
                "--numeric-ids",
                "--modify-window=-1",
            ] as const),
            ...linkOptions(from),
            ...(["--from0", "--files-from=-"] as const),
            ...(options.live ? ["--ignore-missing-args"] : []),
            // A folder that became a link meanwhile must not become one in the destination: cp would follow it.
            ...(options.foldersOnly ? ["--filter=+ */", "--filter=- *"] : []),
            ...(["--stats", "--no-human-readable", "--info=progress2", "--outbuf=N"] as const),
            ...(["--", rsyncPath(from), `${target}/`] as const),
        ],
        // `./` keeps names that begin with a dash, `#` or `;` what they are.
        stdin: nulSeparated(entries.filter((at) => at > 0).map((at) => `./${manifest.path(at)}`)),
    };
}

/**
 * rsync for the metadata of the root itself. Not by the list: there `.` would take everything right below it along, be it
 * excluded or not.
 */
export function rsyncRootCall(from: RsyncSource, target: string): ToolCall {
    return {
        argv: [
            ...([
                "rsync",
                "-aHAX",
                "--numeric-ids",
                "--modify-window=-1",
                "--no-recursive",
                "--dirs",
            ] as const),
            ...linkOptions(from),
            ...(["--filter=- *", "--", rsyncPath(from), `${target}/`] as const),
        ],
    };
}

/** Where rsync reads: a folder of this machine, or one of another host by a shell of ours. */
export interface RsyncSource {
    root: string;
    remote?: { shell: string; compress: boolean };
    /** Bytes a second. */
    limit?: number;
}

/** On one machine, reading both to send less would cost more than it saves; over a link it is the other way round. */
function linkOptions({ remote, limit }: RsyncSource): string[] {
    // In KiB a second (rsync(1)).
    const slow = limit ? [`--bwlimit=${Math.max(1, Math.round(limit / 1_024))}`] : [];
    if (!remote) return ["--whole-file", ...slow];
    return [
        "--no-whole-file",
        "--inplace",
        `--rsh=${remote.shell}`,
        ...(remote.compress ? ["--compress", "--compress-choice=zstd", "--compress-level=1"] : []),
    ];
}

function rsyncPath({ root, remote }: RsyncSource): string {
    return remote ? `source:${root}/` : `${root}/`;
}

/** rsync(1), "EXIT VALUES". */
const meanings: Readonly<Record<number, string>> = {
    1: "syntax or usage error",
    2: "protocol incompatibility",
    3: "errors selecting input/output files, dirs",
    4: "requested action not supported",
    5: "error starting client-server protocol",
    6: "daemon unable to append to log-file",
    10: "error in socket I/O",
    11: "error in file I/O",
    12: "error in rsync protocol data stream",
    13: "errors with program diagnostics",
    14: "error in IPC code",
    20: "received SIGUSR1 or SIGINT",
    21: "some error returned by waitpid()",
    22: "error allocating core memory buffers",
    23: "partial transfer due to error",
    24: "partial transfer due to vanished source files",
    25: "the --max-delete limit stopped deletions",
    30: "timeout in data send/receive",
    35: "timeout waiting for daemon connection",
};

export function rsyncMeaning(exitCode: number): string {
    return meanings[exitCode] ?? "an exit code that rsync(1) does not list";
}

/** What rsync says at its end (`--stats`). */
export interface RsyncStats {
    /** Regular files whose content was written. */
    transferred: number;
    bytes: number;
}

/** Reads progress lines and the figures at the end; refuses numbers that cannot be. */
export class RsyncOutput {
    /** Bytes written so far, never falling. */
    bytes = 0;
    private text = "";
    private transferred: number | undefined;
    private total: number | undefined;

    constructor(private readonly totalBytes: number) {}

    push(chunk: Buffer): void {
        const lines = (this.text + chunk.toString("latin1")).split(/[\r\n]/);
        this.text = (lines.pop() as string).slice(-1_000);
        for (const line of lines) this.line(line);
    }

    /** Undefined when rsync did not print them. */
    end(): RsyncStats | undefined {
        this.line(this.text);
        this.text = "";
        if (this.transferred === undefined || this.total === undefined) return undefined;
        return { transferred: this.transferred, bytes: this.total };
    }

    private line(line: string): void {
        const progress = /^\s*(\d{1,16})\s+\d{1,3}%\s/.exec(line);
        if (progress) {
            const bytes = Number(progress[1]);
            // A file that grew while it was sent may pass the total; twice as much is no progress but an error.
            if (bytes >= this.bytes && bytes <= this.totalBytes * 2) this.bytes = bytes;
            return;
        }
        const figure =
            /^(Number of regular files transferred|Total transferred file size): (\d{1,16})( bytes)?$/.exec(
                line,
            );
        if (figure?.[1]?.startsWith("Number")) this.transferred = Number(figure[2]);
        else if (figure) this.total = Number(figure[2]);
    }
}
