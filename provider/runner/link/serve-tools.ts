import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { execaRunner } from "../../platforms/execa.js";
import { allowedAt } from "../../volumes/remote/allowed-calls.js";
import { ownToolsFor } from "../../volumes/remote/own-tools.js";
import { Pace } from "../../volumes/remote/pace.js";
import { connectTo, RemoteTools } from "../../volumes/remote/tool-client.js";
import { serveTool } from "../../volumes/remote/tool-server.js";
import { listening } from "./streams.js";

export interface SourceTools {
    /** Where the source lies for this process. */
    root: string;
    /** Bytes a second to the other host. */
    limit?: number;
}

/** Serves the tools of a source at a socket, until it is closed. */
export function serveTools(path: string, { root, limit }: SourceTools): Promise<Server> {
    const own = ownToolsFor(root, execaRunner);
    const allows = allowedAt(root);
    const pace = new Pace(limit);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
        serveTool(socket, { runner: execaRunner, own, allows, pace });
    });
    // A server of the same container that was killed left it.
    rmSync(path, { force: true });
    return listening(server, path);
}

/**
 * What rsync calls as its remote shell: the host, which says nothing here, and the command of the other end.
 * @returns its exit code
 */
export async function connectStreams(path: string, argv: readonly string[]): Promise<number> {
    const [program = "", ...args] = argv;
    const child = new RemoteTools(connectTo(path)).start({ argv: [program, ...args] });
    process.stdin.pipe(child.stdin);
    child.stdout.pipe(process.stdout);
    child.stderr.pipe(process.stderr);
    try {
        return (await child.ended).exitCode;
    } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        // As ssh has it, and rsync expects of a remote shell that lost its way.
        return 255;
    }
}
