import type { Duplex } from "node:stream";
import type { Peer } from "../../provider/engine/handover/job.js";
import { silentReporter } from "../../provider/engine/progress.js";
import { linkPort, linkSockets } from "../../provider/platforms/docker/names.js";
import { listenSecurely, readIdentity } from "../../provider/runner/link/secure.js";
import { SourceLink } from "../../provider/runner/link/source-link.js";
import { dialSocket, firstLine, join } from "../../provider/runner/link/streams.js";

// One end of the link between two runners, without the engine that a runner works on: destination PORT PEER, or source
// PORT PEER. Lives as long as its standard input.

async function serveSource(stream: Duplex): Promise<void> {
    const purpose = await firstLine(stream);
    const tools = purpose === "tools" ? await dialSocket(linkSockets.tools) : undefined;
    if (tools) join(stream, tools);
    else stream.destroy();
}

async function main(role: string, peer: Peer, port: number): Promise<void> {
    const own = readIdentity();
    const accept = (stream: Duplex) => {
        serveSource(stream).catch(() => stream.destroy());
    };
    if (role === "source") await listenSecurely(port, own, peer.certificate, accept);
    else await new SourceLink(peer, own, silentReporter).listen();
    process.stdout.write("ready\n");
    process.stdin.on("end", () => process.exit(0)).resume();
}

const [role = "", peer = "", port = String(linkPort)] = process.argv.slice(2);
main(role, JSON.parse(peer) as Peer, Number(port)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
});
