import type { Progress, Reporter } from "../engine/progress.js";
import { formatBytes, formatMilliseconds } from "../engine/units.js";

interface EngineLog {
    send(severity: "info" | "warning", message: string, ephemeral: boolean): void;
}

/**
 * Messages on the resource's own row. The engine's address is in this process' arguments (tried with CLI 3.250, and
 * documented nowhere): where it is not, or does not answer, messages are plain lines.
 */
export function rowReporter(urn: string | undefined): Reporter {
    const log = urn === undefined ? plainLog : engineLog(urn);
    return {
        status: (message, progress) => log.send("info", withProgress(message, progress), true),
        info: (message) => log.send("info", message, false),
        warn: (message) => log.send("warning", message, false),
    };
}

const plainLog: EngineLog = {
    send(severity, message, ephemeral) {
        if (!ephemeral) console.log(severity === "warning" ? `warning: ${message}` : message);
    },
};

function engineLog(urn: string): EngineLog {
    const client = connect();
    if (!client) return plainLog;
    return {
        send(severity, message, ephemeral) {
            const request = new client.messages.LogRequest();
            request.setUrn(urn);
            request.setSeverity(
                client.messages.LogSeverity[severity === "warning" ? "WARNING" : "INFO"],
            );
            request.setMessage(message);
            request.setEphemeral(ephemeral);
            client.inOrder((sent) =>
                client.engine.log(request, (error: unknown) => {
                    if (error) plainLog.send(severity, message, ephemeral);
                    sent();
                }),
            );
        },
    };
}

interface Client {
    engine: import("@pulumi/pulumi/proto/engine_grpc_pb.js").EngineClient;
    messages: typeof import("@pulumi/pulumi/proto/engine_pb.js");
    /** One call after the other: two under way at once may arrive in either order. */
    inOrder(call: (sent: () => void) => void): void;
}
let client: Client | undefined;

function connect(): Client | undefined {
    const address = process.argv.find((argument) => /^127\.0\.0\.1:\d+$/.test(argument));
    if (!address) return undefined;
    if (client) return client;
    const { EngineClient } =
        require("@pulumi/pulumi/proto/engine_grpc_pb.js") as typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js");
    const messages =
        require("@pulumi/pulumi/proto/engine_pb.js") as typeof import("@pulumi/pulumi/proto/engine_pb.js");
    const { credentials } = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    let last: Promise<void> = Promise.resolve();
    client = {
        engine: new EngineClient(address, credentials.createInsecure()),
        messages,
        inOrder: (call) => {
            last = last.then(() => new Promise((sent) => call(sent)));
        },
    };
    return client;
}

function withProgress(message: string, progress: Progress | undefined): string {
    if (!progress) return message;
    const parts: string[] = [];
    if (progress.bytes !== undefined) {
        const total =
            progress.totalBytes === undefined ? "" : ` of ${formatBytes(progress.totalBytes)}`;
        parts.push(`${formatBytes(progress.bytes)}${total}`);
    }
    if (progress.files !== undefined) parts.push(`${progress.files} files`);
    if (progress.rate !== undefined) parts.push(`${formatBytes(progress.rate)}/s`);
    if (progress.left !== undefined) parts.push(`${formatMilliseconds(progress.left)} left`);
    return parts.length > 0 ? `${message}: ${parts.join(", ")}` : message;
}
